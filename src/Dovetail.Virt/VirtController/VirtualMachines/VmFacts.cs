using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>All that a decision about a VM rests on.</summary>
/// <param name="Vm">The VM; it is shared, nothing here changes it.</param>
/// <param name="Vmi">The VMI that this VM controls, whatever its phase; null when there is none.</param>
/// <param name="Stranger">A VMI has the VM's name but is not its own.</param>
/// <param name="Now">UTC.</param>
/// <param name="Jitter">A random number in [0, 1), drawn before deciding.</param>
public sealed record VmFacts(VirtualMachine Vm, VirtualMachineInstance? Vmi, bool Stranger, DateTime Now, double Jitter)
{
    public VirtualMachineStatus Status => Vm.Status ?? new();

    /// <summary>spec.runStrategy, or what the older spec.running stands for.</summary>
    public string RunStrategy => Vm.Spec?.RunStrategy ?? (Vm.Spec?.Running == true ? RunStrategies.Always : RunStrategies.Halted);

    public bool VmDeleting => Vm.Metadata.DeletionTimestamp is not null;

    public bool VmiDeleting => Vmi?.Metadata.DeletionTimestamp is not null;

    public bool VmiFinal => VmiPhases.IsFinal(Vmi?.Status?.Phase);

    public bool VmiLive => Vmi is not null && !VmiFinal;

    public string VmiUid => Vmi?.Metadata.Uid ?? "";

    /// <summary>The first request, if it is a start.</summary>
    public VirtualMachineStateChangeRequest? StartRequest => Head is { Action: StateChangeActions.Start } start ? start : null;

    /// <summary>The first request is a start that leaves the guest paused.</summary>
    public bool StartsPaused => StartRequest?.Data?.TryGetValue(StateChangeActions.Paused, out var paused) == true && paused == "true";

    /// <summary>The first request is to stop the VMI that there is.</summary>
    public bool StopRequested => Vmi is not null && Head is { Action: StateChangeActions.Stop, Uid: var uid } && uid == VmiUid;

    private VirtualMachineStateChangeRequest? Head => Status.StateChangeRequests is [var head, ..] ? head : null;

    /// <summary>The guest of this VMI has run at some time.</summary>
    public bool HasRun => Vmi?.Status?.Phase == VmiPhases.Running || Vmi?.Status?.PhaseTransitionTimestamps?.Any(t => t.Phase == VmiPhases.Running) == true;
}
