using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.JsonPath;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Crds;

/// <summary>What a CRD must look like beyond the schema of its kind (upstream: <c>apiextensions/validation</c>).</summary>
internal static partial class CrdValidation
{
    private const string ApprovalAnnotation = "api-approved.kubernetes.io";

    private static readonly ImmutableHashSet<string> BuiltInGroups = [.. BuiltInResources.All.Select(r => r.Group)];

    public static void Validate(JsonObject crd, JsonObject? old, bool celIsEnforced, List<StatusCause> causes)
    {
        if (crd.Child("spec") is not { } spec) return; // the kind's schema has said so
        var group = spec.Text("group");
        var names = spec.Child("names") ?? [];
        Group(crd, group, causes);
        Names(crd, group, names, causes);
        Versions(spec, celIsEnforced, causes);
        if (spec.Child("conversion")?.Text("strategy") is { Length: > 0 } strategy and not "None")
            causes.Add(FieldErrors.NotSupported("spec.conversion.strategy", strategy, ["None"]));
        if (old?.Child("spec") is { } before) Unchanged(spec, before, causes);
    }

    private static void Group(JsonObject crd, string group, List<StatusCause> causes)
    {
        if (group.Length == 0) return;
        if (!Subdomain().IsMatch(group) || !group.Contains('.', StringComparison.Ordinal))
            causes.Add(FieldErrors.Invalid("spec.group", group, "should be a domain with at least one dot"));
        if (BuiltInGroups.Contains(group)) causes.Add(FieldErrors.Forbidden("spec.group", "the group is built in"));
        var isProtected = group.EndsWith(".k8s.io", StringComparison.Ordinal) || group.EndsWith(".kubernetes.io", StringComparison.Ordinal);
        if (isProtected && crd.Metadata().Child("annotations")?.Text(ApprovalAnnotation) is null or "")
        {
            if (isProtected) causes.Add(FieldErrors.Required($"metadata.annotations[{ApprovalAnnotation}]", $"protected groups must have approval annotation \"{ApprovalAnnotation}\""));
        }
    }

    private static void Names(JsonObject crd, string group, JsonObject names, List<StatusCause> causes)
    {
        var name = crd.Metadata().Text("name");
        if (name != $"{names.Text("plural")}.{group}") causes.Add(FieldErrors.Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
        foreach (var field in new[] { "plural", "singular" })
        {
            var value = names.Text(field);
            if (value.Length > 0 && !Label().IsMatch(value)) causes.Add(FieldErrors.Invalid($"spec.names.{field}", value, "a lowercase RFC 1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"));
        }

        foreach (var field in new[] { "kind", "listKind" })
        {
            var value = names.Text(field);
            if (value.Length > 0 && !Label().IsMatch(value.ToLowerInvariant())) causes.Add(FieldErrors.Invalid($"spec.names.{field}", value, "may have mixed case, but should otherwise match: a lowercase RFC 1035 label"));
        }

        if (names.Text("kind").Length > 0 && names.Text("kind") == names.Text("listKind"))
            causes.Add(FieldErrors.Invalid("spec.names.listKind", names.Text("listKind"), "kind and listKind may not be the same"));
    }

    private static void Versions(JsonObject spec, bool celIsEnforced, List<StatusCause> causes)
    {
        var versions = (spec["versions"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        if (versions.Count(v => CrdReader.Flag(v, "storage")) != 1) causes.Add(FieldErrors.Invalid("spec.versions", spec["versions"], "must have exactly one version marked as storage version"));
        var seen = new HashSet<string>();
        for (var i = 0; i < versions.Length; i++)
        {
            var (path, name) = ($"spec.versions[{i}]", versions[i].Text("name"));
            if (!Label().IsMatch(name)) causes.Add(FieldErrors.Invalid($"{path}.name", name, "must be a lowercase RFC 1035 label"));
            if (!seen.Add(name)) causes.Add(FieldErrors.Duplicate($"{path}.name", name));
            Schema(versions[i], $"{path}.schema.openAPIV3Schema", celIsEnforced, causes);
            var columns = (versions[i]["additionalPrinterColumns"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
            for (var c = 0; c < columns.Length; c++)
            {
                if (columns[c].Text("type") is not ("integer" or "number" or "string" or "boolean" or "date"))
                    causes.Add(FieldErrors.NotSupported($"{path}.additionalPrinterColumns[{c}].type", columns[c].Text("type"), ["boolean", "date", "integer", "number", "string"]));
                if (PathProblem(columns[c].Text("jsonPath")) is { } problem)
                    causes.Add(FieldErrors.Invalid($"{path}.additionalPrinterColumns[{c}].jsonPath", columns[c].Text("jsonPath"), problem));
            }
        }
    }

    private static void Schema(JsonObject version, string path, bool celIsEnforced, List<StatusCause> causes)
    {
        if (version.Child("schema")?.Child("openAPIV3Schema") is not { } schema)
        {
            causes.Add(FieldErrors.Required(path, "schemas are required"));
            return;
        }

        var parsed = SchemaParser.Parse(schema, path);
        causes.AddRange(parsed.Problems);
        if (celIsEnforced) return;
        causes.AddRange(parsed.CelRulePaths.Select(p => FieldErrors.Forbidden(p, "CEL rules are not evaluated by this server; a schema that relies on them would be accepted without them")));
    }

    private static string? PathProblem(string jsonPath)
    {
        try
        {
            JsonPathExpression.Parse(jsonPath);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private static void Unchanged(JsonObject spec, JsonObject before, List<StatusCause> causes)
    {
        foreach (var field in new[] { "group", "scope" })
        {
            if (spec.Text(field) != before.Text(field)) causes.Add(FieldErrors.Invalid($"spec.{field}", spec.Text(field), "field is immutable"));
        }

        foreach (var field in new[] { "plural", "kind" })
        {
            var value = spec.Child("names")?.Text(field) ?? "";
            if (value != (before.Child("names")?.Text(field) ?? "")) causes.Add(FieldErrors.Invalid($"spec.names.{field}", value, "field is immutable"));
        }
    }

    [GeneratedRegex("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Subdomain();
}
