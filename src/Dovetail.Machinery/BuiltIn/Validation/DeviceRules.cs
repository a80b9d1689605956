using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>One device of a ResourceSlice (<c>pkg/apis/resource/validation</c>).</summary>
internal static partial class DeviceRules
{
    private const int MaxFacts = 32;
    private const int MaxValueLength = 64;
    private const int MaxTaints = 16;
    private const int MaxConsumptions = 2;
    private const int MaxCounters = 32;
    private const int MaxConditions = 4;
    private const string OneNodes = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";

    /// <summary>Whether it has what makes upstream bound the number of devices more tightly.</summary>
    public static bool IsAdvanced(FieldScope device) => device.Count("taints") > 0 || device.Count("consumesCounters") > 0;

    /// <param name="device">The device.</param>
    /// <param name="old">The device of that name before.</param>
    /// <param name="perDevice">Whether each device says on which nodes it is.</param>
    public static void Check(FieldScope device, JsonObject? old, bool perDevice)
    {
        device.Name("name", Names.DnsLabel);
        CheckFacts(device);
        if (old is null || !JsonNode.DeepEquals(old["taints"], device.Object["taints"]))
            CheckTaints(device);
        ResourceClaimRules.CheckSet(device, "consumesCounters", MaxConsumptions, static c => CheckCounters(c, "counterSet"), static c => c.Text("counterSet"));
        if (perDevice)
            CheckNodes(device);
        else if (device.Has("nodeName") || device.Has("nodeSelector") || device.Has("allNodes"))
            device.Invalid("", null, "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec");
        CheckConditions(device);
    }

    /// <summary>A set of counters, or what a device takes of one.</summary>
    public static void CheckCounters(FieldScope set, string name)
    {
        set.RequiredName(name, Names.DnsLabel);
        if (set.Object.Child("counters") is not { Count: > 0 } counters)
            set.Required("counters");
        else if (counters.Count > MaxCounters)
            set.TooMany("counters", counters.Count, MaxCounters);
        else
        {
            foreach (var (key, _) in counters)
            {
                if (Names.DnsLabel(key) is { } wrong)
                    set.Invalid("counters", key, wrong);
            }
        }
    }

    private static void CheckFacts(FieldScope device)
    {
        var (attributes, capacities) = (device.Object.Child("attributes") ?? [], device.Object.Child("capacity") ?? []);
        if (attributes.Count + capacities.Count > MaxFacts)
            device.Invalid("", attributes.Count + capacities.Count, $"the total number of attributes and capacities must not exceed {MaxFacts}");
        foreach (var (name, node) in attributes)
        {
            DeviceNames.CheckQualified(device, "attributes", name);
            if (node is JsonObject attribute)
                CheckAttribute(new(attribute, device.At($"attributes[{name}]"), device.Causes));
        }
        foreach (var (name, node) in capacities)
        {
            DeviceNames.CheckQualified(device, "capacity", name);
            if (node is JsonObject capacity)
                DeviceCapacityRules.Check(new(capacity, device.At($"capacity[{name}]"), device.Causes), device.IsTrue("allowMultipleAllocations"));
        }
    }

    private static void CheckAttribute(FieldScope attribute)
    {
        var count = 0;
        foreach (var field in (ReadOnlySpan<string>)["bool", "int", "string", "version"])
        {
            if (!attribute.Has(field))
                continue;
            count++;
            if (field is "string" or "version")
                CheckText(attribute, field, attribute.Text(field), version: field == "version");
        }
        if (count == 0)
            attribute.Invalid("", "", "exactly one value must be specified");
        else if (count > 1)
            attribute.Invalid("", Shown(attribute), "exactly one value must be specified");
    }

    /// <summary>As upstream's messages print the struct.</summary>
    private static JsonObject Shown(FieldScope attribute)
    {
        var shown = new JsonObject();
        foreach (var (field, name) in (ReadOnlySpan<(string, string)>)
            [("int", "IntValue"), ("bool", "BoolValue"), ("string", "StringValue"), ("version", "VersionValue"), ("ints", "IntValues"), ("bools", "BoolValues"), ("strings", "StringValues"), ("versions", "VersionValues")])
            shown[name] = attribute.Object[field]?.DeepClone();
        return shown;
    }

    private static void CheckText(FieldScope attribute, string field, string value, bool version)
    {
        if (version && !SemanticVersion().IsMatch(value))
            attribute.Invalid(field, value, "must be a string compatible with semver.org spec 2.0.0");
        if (value.Length > MaxValueLength)
            attribute.TooLong(field, MaxValueLength);
    }

    private static void CheckTaints(FieldScope device)
    {
        if (device.Count("taints") is var count and > MaxTaints)
        {
            device.TooMany("taints", count, MaxTaints);
            return;
        }
        foreach (var taint in device.Each("taints"))
        {
            taint.Name("key", Names.QualifiedName);
            taint.OptionalName("value", Names.LabelValue);
            taint.RequiredOneOf("effect", "NoExecute", "NoSchedule", "None");
        }
    }

    private static void CheckNodes(FieldScope device)
    {
        var set = new List<string>();
        if (device.Has("nodeName") && device.Text("nodeName").Length == 0)
            device.Invalid("nodeName", "must not be empty");
        else if (device.Has("nodeName"))
        {
            set.Add("`nodeName`");
            device.Name("nodeName", Names.DnsSubdomain);
        }
        if (device.Child("nodeSelector") is { } selector)
        {
            set.Add("`nodeSelector`");
            AffinityRules.CheckNodeSelector(selector);
        }
        if (device.IsTrue("allNodes"))
            set.Add("`allNodes`");
        else if (device.Has("allNodes"))
            device.Invalid("allNodes", "must be either unset or set to true");
        if (set.Count == 0)
            device.Required("", OneNodes);
        else if (set.Count > 1)
            device.Invalid("", $"{{{string.Join(", ", set)}}}", OneNodes);
    }

    private static void CheckConditions(FieldScope device)
    {
        var (binding, failure) = (device.Values("bindingConditions"), device.Values("bindingFailureConditions"));
        foreach (var (field, conditions) in (ReadOnlySpan<(string, List<string>)>)[("bindingConditions", binding), ("bindingFailureConditions", failure)])
        {
            if (conditions.Count > MaxConditions)
                device.TooMany(field, conditions.Count, MaxConditions);
            for (var i = 0; i < conditions.Count && conditions.Count <= MaxConditions; i++)
            {
                foreach (var wrong in Names.QualifiedName(conditions[i]))
                    device.Invalid($"{field}[{i}]", conditions[i], wrong);
            }
        }
        for (var i = 0; i < binding.Count; i++)
        {
            if (binding.IndexOf(binding[i]) < i)
                device.Duplicate($"bindingConditions[{i}]", binding[i]);
        }
        for (var i = 0; i < failure.Count; i++)
        {
            if (failure.IndexOf(failure[i]) < i)
                device.Duplicate($"bindingFailureConditions[{i}]", failure[i]);
            if (binding.Contains(failure[i]))
                device.Invalid($"bindingFailureConditions[{i}]", failure[i], "bindingFailureConditions must not overlap with bindingConditions");
        }
        if (binding.Count == 0 && failure.Count > 0)
            device.Invalid("bindingConditions", "bindingConditions are required to use bindingFailureConditions");
        if (failure.Count == 0 && binding.Count > 0)
            device.Invalid("bindingFailureConditions", "bindingFailureConditions are required to use bindingConditions");
    }

    [GeneratedRegex(@"\A(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?\z")]
    private static partial Regex SemanticVersion();
}
