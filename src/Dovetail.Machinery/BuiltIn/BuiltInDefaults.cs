using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Defaults that Kubernetes computes in code, beyond what a schema can say. Runs after the schema's defaults, on create and update.</summary>
public static class BuiltInDefaults
{
    /// <summary>Edits <paramref name="obj"/> in place.</summary>
    public static void Apply(BuiltInResource resource, JsonObject obj)
    {
    }
}
