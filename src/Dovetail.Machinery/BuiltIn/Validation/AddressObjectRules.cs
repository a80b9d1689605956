using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>networking.k8s.io IPAddress and ServiceCIDR (<c>pkg/apis/networking/validation</c>).</summary>
internal static class AddressObjectRules
{
    public static void CheckAddress(FieldScope address, JsonObject? old)
    {
        var spec = address.Part("spec");
        if (old is not null)
        {
            spec.Unchanged("parentRef", old.Child("spec")?["parentRef"], GoStructs.Of(spec.Object.Child("parentRef"), "Group", "Resource", "Namespace", "Name"));
            return;
        }
        if (spec.Child("parentRef") is not { } parent)
        {
            spec.Required("parentRef");
            return;
        }
        parent.OptionalName("group", Names.DnsSubdomain);
        parent.RequiredName("resource", Names.PathSegment);
        parent.RequiredName("name", Names.PathSegment);
        parent.OptionalName("namespace", Names.PathSegment);
    }

    public static void CheckRange(FieldScope range, JsonObject? old)
    {
        var spec = range.Part("spec");
        if (old is not null && !IsWidened(spec, old.Child("spec") ?? []))
            return;
        var cidrs = spec.Values("cidrs");
        if (cidrs.Count == 0)
            spec.Required("cidrs", "at least one CIDR required");
        else if (cidrs.Count > 2)
            spec.Invalid("cidrs", GoStructs.Of(spec.Object, "CIDRs"), "may only hold up to 2 values");
        else
        {
            spec.EachName("cidrs", Addresses.Cidr);
            if (cidrs.Count == 2 && Addresses.LegacyCidr(cidrs[0]) is null && Addresses.LegacyCidr(cidrs[1]) is null && Addresses.IsIpv6Range(cidrs[0]) == Addresses.IsIpv6Range(cidrs[1]))
                spec.Invalid("cidrs", "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
        }
    }

    /// <summary>Whether a second range has come to the first one: the only change that there may be.</summary>
    private static bool IsWidened(FieldScope spec, JsonObject old)
    {
        var (now, before) = (spec.Values("cidrs"), new FieldScope(old, "spec", spec.Causes).Values("cidrs"));
        if (before.Count != now.Count && (before.Count, now.Count) != (1, 2))
        {
            spec.Invalid("cidrs", spec.Object["cidrs"] ?? new JsonArray(), "field is immutable");
            return false;
        }
        for (var i = 0; i < before.Count; i++)
        {
            if (before[i] != now[i])
                spec.Invalid($"cidrs[{i}]", now[i], "field is immutable");
        }
        return before.Count != now.Count;
    }
}
