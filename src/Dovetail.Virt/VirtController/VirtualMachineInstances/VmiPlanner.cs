using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>One write on the launcher pod.</summary>
public abstract record VmiStep
{
    private VmiStep() { }

    public sealed record CreatePod(bool Emulated) : VmiStep;

    public sealed record DeletePod(string Name, string Uid) : VmiStep;

    /// <summary>The readiness gate: True unless the guest is paused.</summary>
    public sealed record SetUnpaused(string Name, bool Unpaused) : VmiStep;

    /// <summary>Tells on the pod which node has taken the guest over.</summary>
    public sealed record LabelNode(string Name, string Node) : VmiStep;
}

/// <summary>What to do for a VMI: writes on its pod, then its next phase.</summary>
public sealed record VmiPlan(ImmutableArray<VmiStep> Steps)
{
    /// <summary>Why no pod is made yet.</summary>
    public string? Obstacle { get; init; }

    public TimeSpan? RecheckAfter { get; init; }
}

/// <summary>
/// What to do for a VMI, and its phases as far as virt-controller decides them:
/// <code>
///            pod made            pod Ready
/// Pending ───────────► Scheduling ────────► Scheduled ── virt-handler ──► Running ──► Succeeded, Failed
///    │ deleted first       │ pod gone, ended     │ pod gone, or ended and virt-handler did not say how
///    └─────────────────────┴─────────────────────┴──────────────────────────────────► Failed
/// </code>
/// </summary>
public static class VmiPlanner
{
    /// <summary>After hand-over virt-handler says how a guest ended; it gets this long after the pod's end to do so.</summary>
    public static readonly TimeSpan HandlerGrace = TimeSpan.FromSeconds(15);

    public static VmiPlan Decide(VmiFacts f)
    {
        if (f.Pod is not { } pod) return DecideWithoutPod(f);
        var steps = ImmutableArray.CreateBuilder<VmiStep>();
        if (f.Deleting && pod.Metadata.DeletionTimestamp is null) steps.Add(new VmiStep.DeletePod(pod.Metadata.Name, pod.Metadata.Uid));
        if (!LauncherPodState.IsDown(pod) && !f.Deleting)
        {
            var gate = LauncherPodState.Condition(pod, LauncherReadinessGate.VirtualMachineUnpaused)?.Status;
            if (gate != (f.Paused ? ConditionStatuses.False : ConditionStatuses.True)) steps.Add(new VmiStep.SetUnpaused(pod.Metadata.Name, !f.Paused));
            if (f.Vmi.Status?.NodeName is { Length: > 0 } node && pod.Metadata.Labels?.Contains(KeyValuePair.Create(KubeVirtLabels.NodeName, node)) != true)
                steps.Add(new VmiStep.LabelNode(pod.Metadata.Name, node));
        }

        var waitsForHandler = !f.BeforeHandOver && !VmiPhases.IsFinal(f.Phase) && LauncherPodState.IsTerminal(pod) && GraceLeft(f) > TimeSpan.Zero;
        return new(steps.ToImmutable()) { RecheckAfter = waitsForHandler ? GraceLeft(f) : null };
    }

    public static string NextPhase(VmiFacts f) => f.Phase switch
    {
        VmiPhases.Unset or VmiPhases.Pending => f.Pod switch
        {
            null => f.Deleting ? VmiPhases.Failed : VmiPhases.Pending,
            { } pod => LauncherPodState.IsDown(pod) ? VmiPhases.Failed : VmiPhases.Scheduling,
        },
        VmiPhases.Scheduling => f.Pod switch
        {
            null => VmiPhases.Failed,
            { } pod when LauncherPodState.IsDown(pod) => VmiPhases.Failed,
            { } pod => LauncherPodState.IsReady(pod) ? VmiPhases.Scheduled : VmiPhases.Scheduling,
        },
        VmiPhases.Scheduled or VmiPhases.Running or VmiPhases.Unknown =>
            f.Pod is null || (LauncherPodState.IsTerminal(f.Pod) && GraceLeft(f) <= TimeSpan.Zero) ? VmiPhases.Failed : f.Phase,
        _ => f.Phase,
    };

    private static VmiPlan DecideWithoutPod(VmiFacts f)
    {
        if (f.Deleting || f.Phase is not (VmiPhases.Unset or VmiPhases.Pending)) return new([]);
        if (f.Kvm == KvmOnNodes.Unknown)
            return new([]) { Obstacle = "no node is ready for virtual machines yet, so it is not known whether the guest can use KVM; the launcher pod is made as soon as a node is (see `kubectl get nodes`)" };
        return new([new VmiStep.CreatePod(Emulated: f.Kvm == KvmOnNodes.None)]);
    }

    private static TimeSpan GraceLeft(VmiFacts f) => LauncherPodState.EndedAt(f.Pod!) is { } ended ? ended + HandlerGrace - f.Now : TimeSpan.Zero;
}
