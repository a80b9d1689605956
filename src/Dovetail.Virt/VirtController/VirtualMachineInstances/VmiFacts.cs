using Dovetail.Api.KubeVirt;
using k8s.Models;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>Whether guests can use KVM on the nodes that there are.</summary>
public enum KvmOnNodes
{
    /// <summary>No node with a virt-handler is known yet.</summary>
    Unknown,

    /// <summary>No node offers it: guests are emulated.</summary>
    None,

    Some,
}

/// <summary>All that a decision about a VMI rests on.</summary>
/// <param name="Vmi">The VMI; it is shared, nothing here changes it.</param>
/// <param name="Pod">Its launcher pod; null when there is none.</param>
/// <param name="Kvm">What nodes offer.</param>
/// <param name="Now">UTC.</param>
public sealed record VmiFacts(VirtualMachineInstance Vmi, V1Pod? Pod, KvmOnNodes Kvm, DateTime Now)
{
    public string Phase => Vmi.Status?.Phase ?? VmiPhases.Unset;

    public bool Deleting => Vmi.Metadata.DeletionTimestamp is not null;

    /// <summary>virt-handler has not taken over yet, so the whole status is ours.</summary>
    public bool BeforeHandOver => Phase is VmiPhases.Unset or VmiPhases.Pending or VmiPhases.Scheduling;

    public bool Paused => Vmi.Status?.Conditions.IsTrue(ConditionTypes.Paused) == true;
}

/// <summary>What a launcher pod's status means.</summary>
public static class LauncherPodState
{
    public static bool IsReady(V1Pod pod) => Condition(pod, "Ready")?.Status == ConditionStatuses.True;

    public static bool IsTerminal(V1Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>It has ended or is on its way out.</summary>
    public static bool IsDown(V1Pod pod) => IsTerminal(pod) || pod.Metadata.DeletionTimestamp is not null;

    public static V1PodCondition? Condition(V1Pod pod, string type) => pod.Status?.Conditions?.FirstOrDefault(c => c.Type == type);

    /// <summary>When the last of its containers ended; null when the pod does not say.</summary>
    public static DateTime? EndedAt(V1Pod pod) =>
        (pod.Status?.ContainerStatuses ?? []).Select(c => c.State?.Terminated?.FinishedAt).Max() ?? Condition(pod, "Ready")?.LastTransitionTime;

    /// <summary>The first container that waits for something other than its turn: a missing image, a registry that is down, a pull that takes its time, …</summary>
    public static V1ContainerStateWaiting? Stuck(V1Pod pod) =>
        (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? [])
            .Select(c => c.State?.Waiting)
            .FirstOrDefault(w => !string.IsNullOrEmpty(w?.Reason) && (w.Reason is not ("ContainerCreating" or "PodInitializing") || !string.IsNullOrEmpty(w.Message)));
}
