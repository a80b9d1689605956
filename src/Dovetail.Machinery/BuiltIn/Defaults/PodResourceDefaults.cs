using System.Text.Json.Nodes;
using Dovetail.Machinery.Quantities;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>Resources of a whole pod (<c>spec.resources</c>): when some are given, requests that are not follow from what the containers ask for, or else from the pod's limits.</summary>
internal static class PodResourceDefaults
{
    private const string HugePages = "hugepages-";

    public static void Apply(JsonObject spec)
    {
        if (spec.Child("resources") is not { } resources)
            return;
        HugePageLimits(spec, resources);
        if (resources.Child("limits") is not { Count: > 0 } limits)
            return;
        var requests = resources.Child("requests") ?? [];
        foreach (var (name, sum) in OfContainers(spec, "requests"))
        {
            if (name is "cpu" or "memory" && requests[name] is null)
                requests[name] = sum.ToString();
        }
        foreach (var (name, limit) in limits)
        {
            if (IsSupported(name) && requests[name] is null && limit is not null)
                requests[name] = limit.DeepClone();
        }
        if (requests.Count > 0 && requests.Parent is null)
            resources["requests"] = requests;
    }

    private static bool IsSupported(string name) => name is "cpu" or "memory" || name.StartsWith(HugePages, StringComparison.Ordinal);

    private static void HugePageLimits(JsonObject spec, JsonObject resources)
    {
        if (resources.Child("limits") is not { Count: > 0 } && resources.Child("requests") is not { Count: > 0 })
            return;
        var limits = resources.Child("limits") ?? [];
        foreach (var (name, sum) in OfContainers(spec, "limits"))
        {
            if (name.StartsWith(HugePages, StringComparison.Ordinal) && resources.Child("requests")?[name] is null && limits[name] is null)
                limits[name] = sum.ToString();
        }
        if (limits.Count > 0 && limits.Parent is null)
            resources["limits"] = limits;
    }

    /// <summary>What the containers need at any one moment: containers and sidecars together, or one init container with the sidecars started before it, whichever is more.</summary>
    private static Dictionary<string, Quantity> OfContainers(JsonObject spec, string list)
    {
        var running = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        var peak = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var container in spec.Objects("initContainers"))
        {
            var sidecar = container.Text("restartPolicy") == "Always";
            foreach (var (name, amount) in Amounts(container, list))
            {
                var together = running.GetValueOrDefault(name) + amount;
                if (!peak.TryGetValue(name, out var most) || together > most)
                    peak[name] = together;
                if (sidecar)
                    running[name] = together;
            }
        }
        foreach (var container in spec.Objects("containers"))
        {
            foreach (var (name, amount) in Amounts(container, list))
                running[name] = running.GetValueOrDefault(name) + amount;
        }
        foreach (var (name, most) in peak)
        {
            if (!running.TryGetValue(name, out var sum) || most > sum)
                running[name] = most;
        }
        return running;
    }

    private static IEnumerable<(string Name, Quantity Amount)> Amounts(JsonObject container, string list)
    {
        foreach (var (name, value) in container.Child("resources")?.Child(list) ?? [])
        {
            if (value is JsonValue scalar && Quantity.TryParse(scalar.TryGetValue(out string? text) ? text : scalar.ToJsonString(), out var amount))
                yield return (name, amount);
        }
    }
}
