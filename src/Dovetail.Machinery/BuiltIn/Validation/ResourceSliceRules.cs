using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>resource.k8s.io ResourceSlice (<c>pkg/apis/resource/validation</c>); its devices are <see cref="DeviceRules"/>.</summary>
internal static class ResourceSliceRules
{
    private const int MaxDevices = 128;

    /// <summary>Of a slice whose devices have taints or counters.</summary>
    private const int MaxAdvancedDevices = 64;

    private const int MaxCounterSets = 8;
    private const string OneNodes = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

    public static void Check(FieldScope slice, JsonObject? old)
    {
        var spec = slice.Part("spec");
        CsiRules.CheckDriverName(spec, "driver");
        CheckPool(spec.Part("pool"));
        if (old?.Child("spec") is { } before)
        {
            spec.Part("pool").Unchanged("name", before.Child("pool")?["name"]);
            spec.Unchanged("driver", before["driver"]);
            spec.Unchanged("nodeName", before["nodeName"]);
        }
        CheckNodes(spec);
        if (spec.Has("sharedCounters") && spec.Has("devices"))
            spec.Invalid("", "", "only one of `sharedCounters` or `devices` is allowed");
        var known = (old?.Child("spec")?.Objects("devices") ?? []).GroupBy(static d => d.Text("name")).ToDictionary(static d => d.Key, static d => d.First(), StringComparer.Ordinal);
        var perDevice = spec.IsTrue("perDeviceNodeSelection");
        ResourceClaimRules.CheckSet(
            spec, "devices", spec.Each("devices").Any(DeviceRules.IsAdvanced) ? MaxAdvancedDevices : MaxDevices,
            device => DeviceRules.Check(device, known.GetValueOrDefault(device.Text("name")), perDevice), static device => device.Text("name"));
        ResourceClaimRules.CheckSet(spec, "sharedCounters", MaxCounterSets, static set => DeviceRules.CheckCounters(set, "name"), static set => set.Text("name"));
    }

    private static void CheckPool(FieldScope pool)
    {
        DeviceNames.CheckPool(pool, "name");
        if (pool.Whole("resourceSliceCount") <= 0)
            pool.Invalid("resourceSliceCount", pool.Whole("resourceSliceCount"), "must be greater than zero");
        if (pool.Whole("generation") < 0)
            pool.Invalid("generation", "must be greater than or equal to zero");
    }

    private static void CheckNodes(FieldScope spec)
    {
        var set = new List<string>();
        if (spec.Has("nodeName") && spec.Text("nodeName").Length == 0)
            spec.Invalid("nodeName", "must be either unset or set to a non-empty string");
        else if (spec.Has("nodeName"))
        {
            set.Add("`nodeName`");
            spec.Name("nodeName", Names.DnsSubdomain);
        }
        if (spec.Child("nodeSelector") is { } selector)
        {
            set.Add("`nodeSelector`");
            AffinityRules.CheckNodeSelector(selector);
            if (selector.Count("nodeSelectorTerms") != 1)
                selector.Invalid("nodeSelectorTerms", "must have exactly one node selector term");
        }
        foreach (var field in (ReadOnlySpan<string>)["allNodes", "perDeviceNodeSelection"])
        {
            if (spec.IsTrue(field))
                set.Add($"`{field}`");
            else if (spec.Has(field))
                spec.Invalid(field, "must be either unset or set to true");
        }
        if (set.Count == 0)
            spec.Required("", OneNodes);
        else if (set.Count > 1)
            spec.Invalid("", $"{{{string.Join(", ", set)}}}", $"{OneNodes}, but multiple fields are set");
    }
}
