using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Nodes: taints are unique by key and effect, what identifies the node stays (<c>ValidateNode</c>).</summary>
internal static class NodeRules
{
    public static void Check(FieldScope node, JsonObject? old)
    {
        if (node.Child("spec") is not { } spec)
            return;
        TaintRules.CheckTaints(new(spec.Object, "metadata", node.Causes)); // upstream says metadata
        CheckRanges(spec);
        if (old?.Child("spec") is not { } before)
            return;
        if (before.Text("providerID") is { Length: > 0 } provider && spec.Text("providerID") != provider)
            spec.Forbidden("providerID", "node updates may not change providerID except from \"\" to valid");
        if (before["podCIDRs"] is JsonArray { Count: > 0 } ranges && !JsonNode.DeepEquals(spec.Object["podCIDRs"], ranges))
            spec.Forbidden("podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
    }

    private static void CheckRanges(FieldScope spec)
    {
        var ranges = spec.Values("podCIDRs");
        spec.EachName("podCIDRs", Addresses.LegacyCidr);
        if (ranges.Count > 2 || (ranges.Count == 2 && ranges.TrueForAll(Addresses.IsCidr) && Addresses.IsIpv6Range(ranges[0]) == Addresses.IsIpv6Range(ranges[1])))
            spec.Invalid("podCIDRs", "may specify no more than one CIDR for each IP family");
    }
}
