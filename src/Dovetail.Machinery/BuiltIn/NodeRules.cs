using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Validation of nodes: taints are unique by key and effect, what identifies the node stays.</summary>
internal static class NodeRules
{
    public static void Check(JsonObject node, List<StatusCause> causes)
    {
        if (node.Child("spec") is not { } spec)
            return;
        var seen = new HashSet<(string, string)>();
        var index = 0;
        foreach (var taint in spec.Objects("taints"))
        {
            var path = $"spec.taints[{index++}]";
            var (key, value, effect) = (taint.Text("key"), taint.Text("value"), taint.Text("effect"));
            if (Names.QualifiedName(key) is { } wrongKey)
                causes.Add(FieldErrors.Invalid($"{path}.key", key, wrongKey));
            if (Names.LabelValue(value) is { } wrongValue)
                causes.Add(FieldErrors.Invalid($"{path}.value", value, wrongValue));
            if (effect.Length == 0)
                causes.Add(FieldErrors.Required($"{path}.effect"));
            if (!seen.Add((key, effect)))
                causes.Add(FieldErrors.Duplicate(path, taint));
        }
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
