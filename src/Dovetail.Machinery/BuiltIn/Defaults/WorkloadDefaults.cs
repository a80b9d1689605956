using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>Defaults of what makes pods: apps/v1 and batch/v1.</summary>
internal static class WorkloadDefaults
{
    private const int RevisionHistoryLimit = 10;

    /// <param name="kind">A kind of apps/v1, batch/v1, or ReplicationController.</param>
    /// <param name="obj">The object.</param>
    /// <param name="spec">Its spec.</param>
    public static void Apply(string kind, JsonObject obj, JsonObject spec)
    {
        PodDefaults.ApplyTemplate(spec);
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
            case "ReplicationController":
                ReplicationController(obj, spec);
                break;
            case "Job":
                Job(spec);
                LabelsOfTemplate(obj, spec);
                break;
            case "CronJob":
                CronJob(spec);
                break;
        }
    }

    private static void ReplicationController(JsonObject obj, JsonObject spec)
    {
        spec.Default("replicas", 1);
        if (spec.Child("selector") is not { Count: > 0 } && spec.Child("template")?.Child("metadata")?.Child("labels") is { Count: > 0 } labels)
            spec["selector"] = labels.DeepClone();
        LabelsOfTemplate(obj, spec);
    }

    /// <summary>An object without labels takes its pods'.</summary>
    private static void LabelsOfTemplate(JsonObject obj, JsonObject spec)
    {
        if (obj.Child("metadata") is { } metadata && metadata.Child("labels") is not { Count: > 0 } && spec.Child("template")?.Child("metadata")?.Child("labels") is { Count: > 0 } labels)
            metadata["labels"] = labels.DeepClone();
    }

    private static void CronJob(JsonObject spec)
    {
        spec.Default("concurrencyPolicy", "Allow");
        spec.Default("suspend", false);
        spec.Default("successfulJobsHistoryLimit", 3);
        spec.Default("failedJobsHistoryLimit", 1);
        // A CronJob's template is no Job: what a Job gets when it is created is not filled in here.
        PodDefaults.ApplyTemplate(spec.Child("jobTemplate")?.Child("spec"));
        FailurePolicy(spec.Child("jobTemplate")?.Child("spec"));
    }

    private static void FailurePolicy(JsonObject? job)
    {
        foreach (var rule in job?.Child("podFailurePolicy")?.Objects("rules") ?? [])
        {
            foreach (var pattern in rule.Objects("onPodConditions"))
                pattern.Default("status", "True");
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
        if (strategy.Text("type").Length == 0)
        {
            strategy["type"] = "RollingUpdate";
            strategy.Made("rollingUpdate");
        }
        if (strategy.Text("type") == "RollingUpdate" && strategy.Child("rollingUpdate") is { } rolling)
        {
            rolling.Remove("maxUnavailable"); // behind a gate that is off in upstream's releases
            rolling.Default("partition", 0);
        }
        var retention = spec.Made("persistentVolumeClaimRetentionPolicy");
        retention.Default("whenDeleted", "Retain");
        retention.Default("whenScaled", "Retain");
        foreach (var claim in spec.Objects("volumeClaimTemplates"))
        {
            claim.Default("kind", "PersistentVolumeClaim");
            claim.Default("apiVersion", "v1");
            claim.Child("spec")?.Default("volumeMode", "Filesystem");
            claim.Made("status").Default("phase", "Pending");
        }
    }

    private static void Job(JsonObject spec)
    {
        // Neither given: one pod, once.
        if (spec["completions"] is null && spec["parallelism"] is null)
            spec["completions"] = 1L;
        spec.Default("parallelism", 1);
        spec.Default("backoffLimit", spec["backoffLimitPerIndex"] is null ? 6 : int.MaxValue);
        spec.Default("completionMode", "NonIndexed");
        spec.Default("suspend", false);
        spec.Default("podReplacementPolicy", spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed");
        spec.Default("manualSelector", false);
        FailurePolicy(spec);
    }
}
