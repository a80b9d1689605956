using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Defaults of what makes pods: apps/v1 and batch/v1.</summary>
internal static class WorkloadDefaults
{
    private const int RevisionHistoryLimit = 10;

    public static void Apply(string kind, JsonObject spec)
    {
        if (spec.Child("template")?.Child("spec") is { } pod)
            PodDefaults.ApplySpec(pod);
        switch (kind)
        {
            case "Deployment":
                Deployment(spec);
                break;
            case "DaemonSet":
                DaemonSet(spec);
                break;
            case "StatefulSet":
                StatefulSet(spec);
                break;
            case "ReplicaSet":
                spec.Default("replicas", 1);
                break;
            case "Job":
                Job(spec);
                break;
        }
    }

    private static void Deployment(JsonObject spec)
    {
        spec.Default("replicas", 1);
        spec.Default("revisionHistoryLimit", RevisionHistoryLimit);
        spec.Default("progressDeadlineSeconds", 600);
        var strategy = spec.Made("strategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.Text("type") != "RollingUpdate")
            return;
        var rolling = strategy.Made("rollingUpdate");
        rolling.Default("maxUnavailable", "25%");
        rolling.Default("maxSurge", "25%");
    }

    private static void DaemonSet(JsonObject spec)
    {
        spec.Default("revisionHistoryLimit", RevisionHistoryLimit);
        var strategy = spec.Made("updateStrategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.Text("type") != "RollingUpdate")
            return;
        var rolling = strategy.Made("rollingUpdate");
        rolling.Default("maxUnavailable", 1);
        rolling.Default("maxSurge", 0);
    }

    private static void StatefulSet(JsonObject spec)
    {
        spec.Default("replicas", 1);
        spec.Default("revisionHistoryLimit", RevisionHistoryLimit);
        spec.Default("podManagementPolicy", "OrderedReady");
        var strategy = spec.Made("updateStrategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
            strategy.Made("rollingUpdate").Default("partition", 0);
        var retention = spec.Made("persistentVolumeClaimRetentionPolicy");
        retention.Default("whenDeleted", "Retain");
        retention.Default("whenScaled", "Retain");
        foreach (var claim in spec.Objects("volumeClaimTemplates"))
            claim.Child("spec")?.Default("volumeMode", "Filesystem");
    }

    private static void Job(JsonObject spec)
    {
        // Neither given: one pod, once.
        if (spec["completions"] is null && spec["parallelism"] is null)
            spec["completions"] = 1L;
        spec.Default("parallelism", 1);
        spec.Default("backoffLimit", 6);
        spec.Default("completionMode", "NonIndexed");
        spec.Default("suspend", false);
        spec.Default("podReplacementPolicy", spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed");
    }
}
