using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>What the status of workloads may say: counts are not negative, and no part is more than the whole.</summary>
internal static class StatusRules
{
    public static void CheckDeployment(FieldScope obj, JsonObject old)
    {
        CheckCounts(obj, "observedGeneration", "replicas", "updatedReplicas", "terminatingReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", "collisionCount");
        CheckParts(obj, "readyReplicas", "updatedReplicas", "readyReplicas", "availableReplicas");
        CheckCollisions(obj, old);
    }

    public static void CheckReplicaSet(FieldScope obj, JsonObject old)
    {
        CheckCounts(obj, "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas", "observedGeneration");
        CheckParts(obj, "readyReplicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas");
    }

    public static void CheckReplicationController(FieldScope obj, JsonObject old)
    {
        CheckCounts(obj, "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration");
        CheckParts(obj, "readyReplicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas");
    }

    public static void CheckStatefulSet(FieldScope obj, JsonObject old)
    {
        CheckCounts(obj, "replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration", "collisionCount");
        CheckParts(obj, "status.readyReplicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas");
        CheckCollisions(obj, old);
    }

    public static void CheckDaemonSet(FieldScope obj, JsonObject old)
    {
        CheckCounts(
            obj, "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount");
        CheckCollisions(obj, old);
    }

    public static void CheckAutoscaler(FieldScope obj, JsonObject old) => CheckCounts(obj, "currentReplicas", "desiredReplicas");

    public static void CheckBudget(FieldScope obj, JsonObject old) => CheckCounts(obj, "disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods");

    /// <summary>A namespace that nobody deletes is Active, and Terminating once somebody does.</summary>
    public static void CheckNamespace(FieldScope obj, JsonObject old)
    {
        var isDeleted = obj.Part("metadata").Has("deletionTimestamp");
        var (phase, expected) = (obj.Part("status").Text("phase"), isDeleted ? "Terminating" : "Active");
        if (phase != expected)
            obj.Invalid("status.Phase", phase, $"may only be '{expected}' if `deletionTimestamp` is {(isDeleted ? "not empty" : "empty")}");
    }

    /// <summary>Conditions that each have a type of their own.</summary>
    public static void CheckConditionTypes(FieldScope obj, JsonObject old)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var condition in obj.Part("status").Each("conditions"))
        {
            var type = condition.Text("type");
            if (!seen.Add(type))
                condition.Duplicate("type", type);
            if (type.Length == 0)
                condition.Required("type");
        }
    }

    private static void CheckCounts(FieldScope obj, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
            obj.Part("status").NotNegative(field);
    }

    /// <param name="obj">The workload.</param>
    /// <param name="ready">What the message calls the ready ones, of which the available ones are a part.</param>
    /// <param name="parts">Counts of some of its replicas.</param>
    private static void CheckParts(FieldScope obj, string ready, params ReadOnlySpan<string> parts)
    {
        var status = obj.Part("status");
        foreach (var field in parts)
        {
            if (status.Whole(field) > status.Whole("replicas"))
                status.Invalid(field, status.Whole(field), "cannot be greater than status.replicas");
        }
        if (status.Whole("availableReplicas") > status.Whole("readyReplicas"))
            status.Invalid("availableReplicas", status.Whole("availableReplicas"), $"cannot be greater than {ready}");
    }

    private static void CheckCollisions(FieldScope obj, JsonObject old)
    {
        var (now, before) = (obj.Part("status"), new FieldScope(old, "", []).Part("status"));
        if (now.Whole("collisionCount") < before.Whole("collisionCount"))
            now.Invalid("collisionCount", now.Whole("collisionCount"), "cannot be decremented");
    }
}
