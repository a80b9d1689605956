using System.Text.Json.Nodes;
using Dovetail.Machinery.Quantities;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Pods begin as Pending and end gracefully: whoever runs them removes them by a deletion with grace 0.</summary>
internal sealed class PodStrategy : ResourceStrategy
{
    private const long DefaultGraceSeconds = 30;

    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        // Less than no time to end is one second: 0 would be a kill.
        if (obj.Child("spec") is { } asked && asked.Number("terminationGracePeriodSeconds") < 0) asked["terminationGracePeriodSeconds"] = ObjectMeta.Long(1);
        var status = new JsonObject { ["phase"] = "Pending" };
        if (obj.Child("spec")?["schedulingGates"] is JsonArray { Count: > 0 })
        {
            status["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "PodScheduled",
                ["status"] = "False",
                ["lastProbeTime"] = null,
                ["lastTransitionTime"] = obj.Metadata()["creationTimestamp"]?.DeepClone(),
                ["reason"] = "SchedulingGated",
                ["message"] = "Scheduling is blocked due to non-empty scheduling gates",
            });
        }

        status["qosClass"] = QosClass(obj);
        obj["status"] = status;
    }

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        switch (subresource)
        {
            case "ephemeralcontainers":
                Keep(resource, obj, old, static (asked, kept) => kept.TakeFrom(asked, "ephemeralContainers"));
                break;
            case "resize":
                Keep(resource, obj, old, static (asked, kept) =>
                {
                    TakeResources(asked, kept, "initContainers");
                    TakeResources(asked, kept, "containers");
                });
                break;
            default:
                base.PrepareForUpdate(resource, obj, old, subresource);
                if (subresource == "status") KeepQuality(obj, old);
                break;
        }
    }

    /// <summary>A pod's class is told once, when it is made: kubelets that leave it out do not take it away.</summary>
    private static void KeepQuality(JsonObject obj, JsonObject old)
    {
        if (old.Child("status")?["qosClass"] is not { } quality || obj.Child("status")?.Text("qosClass") is { Length: > 0 }) return;
        var status = obj.Child("status") ?? [];
        status["qosClass"] = quality.DeepClone();
        obj["status"] = status;
    }

    /// <summary>The old pod, with what a subresource takes over from the asked spec.</summary>
    private static void Keep(ServedResource resource, JsonObject obj, JsonObject old, Action<JsonObject, JsonObject> take)
    {
        var asked = obj.Child("spec") ?? [];
        KeepAllBut("spec", resource, obj, old);
        var kept = (JsonObject)old["spec"]!.DeepClone();
        take(asked, kept);
        obj["spec"] = kept;
    }

    /// <summary>Containers cannot come or go by a resize: those whose names stand in the same place get the asked resources.</summary>
    private static void TakeResources(JsonObject asked, JsonObject kept, string list)
    {
        if (asked[list] is not JsonArray wanted || kept[list] is not JsonArray present) return;
        for (var i = 0; i < Math.Min(wanted.Count, present.Count); i++)
        {
            if (wanted[i] is not JsonObject from || present[i] is not JsonObject to || from.Text("name") != to.Text("name")) continue;
            to.TakeFrom(from, "resources");
            to.TakeFrom(from, "resizePolicy");
        }
    }

    public override long GraceSeconds(JsonObject obj, long? asked)
    {
        // What no node runs, and what has ended, needs no time.
        var spec = obj.Child("spec");
        if (spec is null || spec.Text("nodeName").Length == 0 || obj.Child("status")?.Text("phase") is "Succeeded" or "Failed") return 0;
        var grace = asked ?? spec.Number("terminationGracePeriodSeconds") ?? DefaultGraceSeconds;
        return grace < 0 ? 1 : grace;
    }

    /// <summary>Guaranteed: every container limits cpu and memory, and all together ask for just that. BestEffort: none asks for any. Burstable: the rest (upstream: <c>ComputePodQOS</c>).</summary>
    private static string QosClass(JsonObject obj)
    {
        var spec = obj.Child("spec") ?? [];
        // What is said for the whole pod counts, and nothing else.
        var all = spec.Child("resources") is { } whole
            ? [whole]
            : new[] { "containers", "initContainers" }.SelectMany(list => spec[list] as JsonArray ?? []).OfType<JsonObject>().Select(c => c.Child("resources") ?? []).ToArray();
        var requests = Sum(all, "requests");
        var limits = Sum(all, "limits");
        if (requests.All(r => r.IsZero) && limits.All(l => l.IsZero)) return "BestEffort";
        var limited = all.All(r => Sum([r], "limits").All(l => !l.IsZero));
        return limited && requests.SequenceEqual(limits) ? "Guaranteed" : "Burstable";
    }

    /// <summary>cpu and memory of all; what is 0 or less counts as not said.</summary>
    private static Quantity[] Sum(IReadOnlyCollection<JsonObject> resources, string list) =>
    [
        .. new[] { "cpu", "memory" }.Select(name => resources
            .Select(r => Quantity.TryParse(r.Child(list)?.Text(name), out var amount) && amount.Sign > 0 ? amount : Quantity.Zero)
            .Aggregate(Quantity.Zero, Quantity.Add)),
    ];
}
