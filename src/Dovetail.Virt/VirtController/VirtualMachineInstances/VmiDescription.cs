using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>
/// Describes a VMI: a copy with the fields that virt-controller owns as they should be. Before hand-over that is the whole status; afterwards phase (only to Failed),
/// Ready, PodScheduled, activePods and the finalizer; everything else is virt-handler's and stays.
/// </summary>
public static class VmiDescription
{
    private static readonly string[] ForegroundFinalizers = [KubeVirtFinalizers.VmiForegroundDelete, KubeVirtFinalizers.VmiForegroundDeleteLegacy];

    public static VirtualMachineInstance Describe(VmiFacts f, VmiPlan plan, VmiFailure? failure)
    {
        var vmi = KubeVirtTypes.VirtualMachineInstances.Copy(f.Vmi);
        var status = vmi.Status ??= new();
        var phase = VmiPlanner.NextPhase(f);
        if (phase != f.Phase) Enter(status, phase, f.Now);
        if (phase == VmiPhases.Failed && phase != f.Phase && string.IsNullOrEmpty(status.Reason)) status.Reason = Ending(f);
        if (f is { BeforeHandOver: true, Pod: { } pod } && phase == VmiPhases.Scheduled) HandOver(vmi, pod);
        if (f.Pod is { Status.QosClass: { Length: > 0 } qos } && f.BeforeHandOver) status.QosClass = qos;
        status.ActivePods = ActivePods(f, status.ActivePods);
        status.Conditions = Conditions(f, plan, failure, phase);
        Finalizers(f, vmi, phase);
        return vmi;
    }

    private static void Enter(VirtualMachineInstanceStatus status, string phase, DateTime now)
    {
        status.Phase = phase;
        status.PhaseTransitionTimestamps = [.. status.PhaseTransitionTimestamps ?? [], new() { Phase = phase, PhaseTransitionTimestamp = now }];
    }

    /// <summary>How a guest came to its end that virt-handler has said nothing of.</summary>
    private static string Ending(VmiFacts f) => f.Pod switch
    {
        null when f.BeforeHandOver && f.Phase != VmiPhases.Scheduling => "DeletedBeforeStart",
        { } pod when LauncherPodState.IsTerminal(pod) => string.IsNullOrEmpty(pod.Status.Reason) ? "PodEnded" : pod.Status.Reason,
        _ => "PodDeleted",
    };

    /// <summary>From here on the node's virt-handler owns the guest and its status.</summary>
    private static void HandOver(VirtualMachineInstance vmi, V1Pod pod)
    {
        vmi.Status!.NodeName = pod.Spec.NodeName;
        vmi.Metadata.Labels = new Dictionary<string, string>(vmi.Metadata.Labels ?? new Dictionary<string, string>()) { [KubeVirtLabels.NodeName] = pod.Spec.NodeName };
    }

    private static IDictionary<string, string>? ActivePods(VmiFacts f, IDictionary<string, string>? before)
    {
        if (f.Pod is not { } pod) return VmiPhases.IsFinal(f.Phase) || f.Deleting ? null : before;
        return new Dictionary<string, string> { [pod.Metadata.Uid] = pod.Spec?.NodeName ?? "" };
    }

    private static IList<VirtualMachineInstanceCondition> Conditions(VmiFacts f, VmiPlan plan, VmiFailure? failure, string phase)
    {
        var conditions = (f.Vmi.Status?.Conditions).With(Ready(f, phase), f.Now);
        conditions = f.Pod is { } pod && LauncherPodState.Condition(pod, "PodScheduled") is { Status: ConditionStatuses.False } scheduled
            ? conditions.With(Condition(ConditionTypes.PodScheduled, ConditionStatuses.False, scheduled.Reason, Advised(scheduled)), f.Now)
            : conditions.Without(ConditionTypes.PodScheduled);
        if (!f.BeforeHandOver) return conditions;
        var problem = failure ?? Problem(f, plan);
        return problem is null || phase == VmiPhases.Scheduled
            ? conditions.Without(ConditionTypes.Synchronized)
            : conditions.With(Condition(ConditionTypes.Synchronized, ConditionStatuses.False, problem.Reason, problem.Message), f.Now);
    }

    /// <summary>The scheduler's words are upstream's, which say why no node fits and not what to do.</summary>
    private static string? Advised(V1PodCondition scheduled) => scheduled.Reason == "Unschedulable"
        ? $"{scheduled.Message} It is placed by itself as soon as a node fits: stop another virtual machine, or ask for less and restart this one (`kubectl describe nodes` shows what is taken)."
        : scheduled.Message;

    private static VirtualMachineInstanceCondition Ready(VmiFacts f, string phase)
    {
        if (f.Pod is not { } pod) return NotReady("PodNotExists", "virt-launcher pod has not yet been scheduled");
        if (LauncherPodState.IsDown(pod)) return NotReady("PodTerminating", "virt-launcher pod is terminating");
        if (phase != VmiPhases.Running) return NotReady("GuestNotRunning", "Guest VM is not reported as running");
        return LauncherPodState.Condition(pod, "Ready") is { } ready
            ? Condition(ConditionTypes.Ready, ready.Status, ready.Reason, ready.Message)
            : NotReady("PodConditionMissing", "virt-launcher pod is missing the Ready condition");
    }

    private static VmiFailure? Problem(VmiFacts f, VmiPlan plan) =>
        plan.Obstacle is { } obstacle ? new("NoNodeReady", obstacle)
        : f.Pod is { } pod && LauncherPodState.Stuck(pod) is { } waiting ? new(waiting.Reason, waiting.Message ?? "")
        : null;

    /// <summary>New VMIs are held; one that is being deleted is let go when its guest is final and its pod is gone.</summary>
    private static void Finalizers(VmiFacts f, VirtualMachineInstance vmi, string phase)
    {
        var finalizers = vmi.Metadata.Finalizers ?? [];
        if (!f.Deleting && f.Phase == VmiPhases.Unset && !finalizers.Contains(KubeVirtFinalizers.VmiForegroundDelete))
            vmi.Metadata.Finalizers = [.. finalizers, KubeVirtFinalizers.VmiForegroundDelete];
        else if (f.Deleting && f.Pod is null && VmiPhases.IsFinal(phase) && finalizers.Any(ForegroundFinalizers.Contains))
            vmi.Metadata.Finalizers = [.. finalizers.Where(x => !ForegroundFinalizers.Contains(x))];
    }

    private static VirtualMachineInstanceCondition NotReady(string reason, string message) => Condition(ConditionTypes.Ready, ConditionStatuses.False, reason, message);

    private static VirtualMachineInstanceCondition Condition(string type, string status, string? reason, string? message) =>
        new() { Type = type, Status = status, Reason = string.IsNullOrEmpty(reason) ? null : reason, Message = string.IsNullOrEmpty(message) ? null : message };
}
