using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>The word in the STATUS column; the first rule that matches wins, in upstream's order.</summary>
public static class PrintableStatus
{
    /// <summary>The reason of a container whose image has a name that is none. It will never be pulled; there is no word of its own for it.</summary>
    public const string InvalidImageName = "InvalidImageName";

    public static string Of(VmFacts f, VmPlan plan)
    {
        var vmi = f.Vmi?.Status;
        var conditions = vmi?.Conditions;
        if (f.VmDeleting) return PrintableStatuses.Terminating;
        if (f.VmiLive && (f.VmiDeleting || plan.Deletes)) return PrintableStatuses.Stopping;
        if (f.VmiLive && IsMigrating(f)) return PrintableStatuses.Migrating;
        if (vmi?.Phase == VmiPhases.Running) return conditions.IsTrue(ConditionTypes.Paused) ? PrintableStatuses.Paused : PrintableStatuses.Running;
        if (f.VmiLive && conditions.IsFalse(ConditionTypes.Synchronized, "FailedPvcNotFound")) return PrintableStatuses.ErrorPvcNotFound;
        if (f.VmiLive && conditions.IsFalse(ConditionTypes.PodScheduled, "Unschedulable")) return PrintableStatuses.ErrorUnschedulable;
        if (f.VmiLive && (conditions.IsFalse(ConditionTypes.Synchronized, PrintableStatuses.ErrImagePull) || conditions.IsFalse(ConditionTypes.Synchronized, InvalidImageName))) return PrintableStatuses.ErrImagePull;
        if (f.VmiLive && conditions.IsFalse(ConditionTypes.Synchronized, PrintableStatuses.ImagePullBackOff)) return PrintableStatuses.ImagePullBackOff;
        if (IsStarting(f, plan)) return PrintableStatuses.Starting;
        if (!f.VmiLive && plan.StartFailure?.ConsecutiveFailCount > 0 && IsRestarting(f.RunStrategy)) return PrintableStatuses.CrashLoopBackOff;
        return f.VmiLive ? PrintableStatuses.Unknown : PrintableStatuses.Stopped;
    }

    private static bool IsStarting(VmFacts f, VmPlan plan) =>
        f.Vmi is null
            ? plan.Creates
            : f.Vmi.Status?.Phase is null or VmiPhases.Unset or VmiPhases.Pending or VmiPhases.Scheduling or VmiPhases.Scheduled;

    private static bool IsMigrating(VmFacts f) =>
        f.Vmi?.Status?.MigrationState is { StartTimestamp: { } start, EndTimestamp: null } && start <= f.Now;

    private static bool IsRestarting(string strategy) => strategy is RunStrategies.Always or RunStrategies.RerunOnFailure or RunStrategies.Once;
}
