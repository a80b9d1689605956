using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Pods begin as Pending and end gracefully: whoever runs them removes them by a deletion with grace 0.</summary>
internal sealed class PodStrategy : ResourceStrategy
{
    private const long DefaultGraceSeconds = 30;

    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        obj["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QosClass(obj) };
    }

    public override long GraceSeconds(JsonObject obj, long? asked)
    {
        // What no node runs, and what has ended, needs no time.
        var spec = obj.Child("spec");
        if (spec is null || spec.Text("nodeName").Length == 0 || obj.Child("status")?.Text("phase") is "Succeeded" or "Failed") return 0;
        var grace = asked ?? spec.Number("terminationGracePeriodSeconds") ?? DefaultGraceSeconds;
        return grace < 0 ? 1 : grace;
    }

    /// <summary>Guaranteed: every container limits cpu and memory and asks for no less. BestEffort: none asks for anything. Burstable: the rest.</summary>
    private static string QosClass(JsonObject obj)
    {
        var spec = obj.Child("spec");
        var containers = new[] { "containers", "initContainers" }.SelectMany(list => spec?[list] as JsonArray ?? []).OfType<JsonObject>().Select(c => c.Child("resources") ?? []).ToArray();
        if (containers.All(r => r.Child("requests") is not { Count: > 0 } && r.Child("limits") is not { Count: > 0 })) return "BestEffort";
        return containers.All(Guaranteed) ? "Guaranteed" : "Burstable";

        static bool Guaranteed(JsonObject resources) => new[] { "cpu", "memory" }.All(name =>
            resources.Child("limits")?[name] is { } limit && (resources.Child("requests")?[name] is not { } request || JsonNode.DeepEquals(limit, request)));
    }
}
