using System.Globalization;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>What went wrong while a plan was carried out: a one-word reason and the cause.</summary>
public sealed record VmFailure(string Reason, string Message);

/// <summary>Describes a VM: its status from what was observed, decided and done. Fields that belong to other capabilities are kept as they are.</summary>
public static class VmStatus
{
    public static VirtualMachineStatus Describe(VmFacts f, VmPlan plan, VmFailure? failure)
    {
        var old = KeptOf(f);
        old.Created = f.Vmi is not null;
        old.Ready = f.Vmi?.Status?.Conditions.IsTrue(ConditionTypes.Ready) == true;
        old.PrintableStatus = PrintableStatus.Of(f, plan);
        old.StartFailure = plan.StartFailure;
        old.StateChangeRequests = plan.Requests.IsEmpty ? null : [.. plan.Requests];
        old.DesiredGeneration = f.Vm.Metadata.Generation;
        old.ObservedGeneration = StartedGeneration(f) ?? old.ObservedGeneration;
        // Recorded once a VMI exists: "the strategy is new to the VM" is what starts RerunOnFailure.
        if (f.Vmi is not null) old.RunStrategy = f.RunStrategy;
        old.Conditions = Conditions(f, plan, failure);
        return old;
    }

    private static VirtualMachineStatus KeptOf(VmFacts f)
    {
        var s = f.Status;
        return new()
        {
            ChangedBlockTracking = s.ChangedBlockTracking,
            InstancetypeRef = s.InstancetypeRef,
            MemoryDumpRequest = s.MemoryDumpRequest,
            ObservedGeneration = s.ObservedGeneration,
            PreferenceRef = s.PreferenceRef,
            RestoreInProgress = s.RestoreInProgress,
            RunStrategy = s.RunStrategy,
            SnapshotInProgress = s.SnapshotInProgress,
            VolumeRequests = s.VolumeRequests,
            VolumeSnapshotStatuses = s.VolumeSnapshotStatuses,
            VolumeUpdateState = s.VolumeUpdateState,
        };
    }

    private static List<VirtualMachineCondition> Conditions(VmFacts f, VmPlan plan, VmFailure? failure)
    {
        var conditions = f.Status.Conditions.With(Ready(f, plan), f.Now);
        conditions = Copied(f, conditions);
        conditions = failure is not null || plan.Obstacle is not null
            ? conditions.With(new() { Type = ConditionTypes.Failure, Status = ConditionStatuses.True, Reason = failure?.Reason ?? "FailedCreate", Message = failure?.Message ?? plan.Obstacle }, f.Now)
            : conditions.Without(ConditionTypes.Failure);
        return RestartRule.IsDue(f.Vm, f.Vmi)
            ? conditions.With(
                new()
                {
                    Type = ConditionTypes.RestartRequired,
                    Status = ConditionStatuses.True,
                    Message = "the template has changed since the guest was started; restart the VirtualMachine to apply it",
                },
                f.Now)
            : conditions.Without(ConditionTypes.RestartRequired);
    }

    private static VirtualMachineCondition Ready(VmFacts f, VmPlan plan)
    {
        if (f.Vmi is null)
            return new() { Type = ConditionTypes.Ready, Status = ConditionStatuses.False, Reason = "VMINotExists", Message = Absent(plan) };
        return f.Vmi.Status?.Conditions.Get(ConditionTypes.Ready) is { } ready
            ? CopyOf(ready)
            : new() { Type = ConditionTypes.Ready, Status = ConditionStatuses.False, Reason = "VMIConditionMissing", Message = "VMI is missing the Ready condition" };
    }

    /// <summary>Upstream's words, and between two tries what is waited for.</summary>
    private static string Absent(VmPlan plan) => plan is { StartFailure: { ConsecutiveFailCount: { } count and > 0, RetryAfterTimestamp: { } retry }, RecheckAfter: not null }
        ? string.Create(CultureInfo.InvariantCulture, $"VMI does not exist: {count} starts in a row have failed, the next try is at {retry:yyyy-MM-dd'T'HH:mm:ss'Z'} (see its events, or `dovetail why vm`)")
        : "VMI does not exist";

    /// <summary>All conditions of the VMI but Ready show on the VM as they are; those that the VMI does not have go, as long as there is a VMI to tell.</summary>
    private static List<VirtualMachineCondition> Copied(VmFacts f, List<VirtualMachineCondition> conditions)
    {
        var theirs = f.Vmi?.Status?.Conditions?.Where(c => c.Type != ConditionTypes.Ready).ToList() ?? [];
        if (f.Vmi is not null)
            conditions = [.. conditions.Where(c => IsOwn(c.Type) || theirs.Exists(t => t.Type == c.Type))];
        return theirs.Aggregate(conditions, (all, condition) => all.With(CopyOf(condition), f.Now));
    }

    private static bool IsOwn(string? type) => type is ConditionTypes.Ready or ConditionTypes.Failure or ConditionTypes.RestartRequired or ConditionTypes.ManualRecoveryRequired;

    private static long? StartedGeneration(VmFacts f) =>
        f.Vmi?.Metadata.Annotations?.TryGetValue(KubeVirtAnnotations.VmGeneration, out var text) == true
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : null;

    private static VirtualMachineCondition CopyOf(VirtualMachineInstanceCondition c) => new()
    {
        Type = c.Type,
        Status = c.Status,
        Reason = c.Reason,
        Message = c.Message,
        LastProbeTime = c.LastProbeTime,
        LastTransitionTime = c.LastTransitionTime,
    };
}
