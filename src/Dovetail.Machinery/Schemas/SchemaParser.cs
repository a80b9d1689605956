using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>A parsed <c>openAPIV3Schema</c> with every problem found in it.</summary>
/// <param name="Problems">Malformed or non-structural parts, by field path; the schema is usable only when there are none.</param>
/// <param name="CelRulePaths">Fields with <c>x-kubernetes-validations</c>: a caller that cannot evaluate them refuses the CRD by these names.</param>
public sealed record ParsedSchema(Schema Schema, IReadOnlyList<StatusCause> Problems, IReadOnlyList<string> CelRulePaths);

/// <summary>Reads a CRD's <c>openAPIV3Schema</c> and checks that it is structural, as apiextensions.k8s.io/v1 demands.</summary>
public static class SchemaParser
{
    /// <param name="path">Where the schema stands, for the paths of problems: <c>spec.versions[0].schema.openAPIV3Schema</c>.</param>
    public static ParsedSchema Parse(JsonObject openApiV3Schema, string path) => throw new NotSupportedException();
}
