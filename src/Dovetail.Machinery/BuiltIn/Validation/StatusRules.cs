using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>What the status of workloads may say: counts are not negative, and no part is more than the whole.</summary>
internal static class StatusRules
{
    private static readonly Dictionary<string, string[]> Counts = new(StringComparer.Ordinal)
    {
        ["Deployment"] = ["observedGeneration", "replicas", "updatedReplicas", "terminatingReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", "collisionCount"],
        ["ReplicaSet"] = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas", "observedGeneration"],
        ["ReplicationController"] = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"],
        ["StatefulSet"] = ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration", "collisionCount"],
        ["DaemonSet"] =
        [
            "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
        ],
        ["HorizontalPodAutoscaler"] = ["currentReplicas", "desiredReplicas"],
        ["PodDisruptionBudget"] = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"],
        ["Job"] = ["active", "succeeded", "failed", "ready", "terminating"],
    };

    private static readonly Dictionary<string, string[]> Parts = new(StringComparer.Ordinal)
    {
        ["Deployment"] = ["updatedReplicas", "readyReplicas", "availableReplicas"],
        ["ReplicaSet"] = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
        ["ReplicationController"] = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
        ["StatefulSet"] = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
    };

    public static void Check(string kind, FieldScope obj, JsonObject old)
    {
        if (obj.Child("status") is not { } status || !Counts.TryGetValue(kind, out var counts))
            return;
        foreach (var field in counts)
            status.NotNegative(field);
        var whole = status.Number("replicas") ?? 0;
        foreach (var field in Parts.GetValueOrDefault(kind, []))
        {
            if (status.Number(field) > whole)
                status.Invalid(field, "cannot be greater than status.replicas");
        }
        if (Parts.ContainsKey(kind) && status.Number("availableReplicas") > (status.Number("readyReplicas") ?? 0))
            status.Invalid("availableReplicas", kind == "StatefulSet" ? "cannot be greater than status.readyReplicas" : "cannot be greater than readyReplicas");
        if (old.Child("status") is { } before && (status.Number("collisionCount") ?? 0) < (new FieldScope(before, "status", []).Number("collisionCount") ?? 0))
            status.Invalid("collisionCount", status.Number("collisionCount") ?? 0, "cannot be decremented");
    }
}
