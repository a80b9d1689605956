using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn.Validation;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Validation of nodes: taints are unique by key and effect, what identifies the node stays.</summary>
internal static class NodeRules
{
    public static void Check(JsonObject node, List<StatusCause> causes)
    {
        if (node.Child("spec") is { } spec)
            TaintRules.CheckTaints(new(spec, "metadata", causes)); // upstream says metadata
    }

    public static void CheckUpdate(JsonObject node, JsonObject old, List<StatusCause> causes)
    {
        if (node.Child("spec") is not { } spec || old.Child("spec") is not { } before)
            return;
        if (before.Text("providerID") is { Length: > 0 } provider && spec.Text("providerID") != provider)
            causes.Add(FieldErrors.Forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid"));
        if (before["podCIDRs"] is JsonArray { Count: > 0 } ranges && !JsonNode.DeepEquals(spec["podCIDRs"], ranges))
            causes.Add(FieldErrors.Forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid"));
    }
}
