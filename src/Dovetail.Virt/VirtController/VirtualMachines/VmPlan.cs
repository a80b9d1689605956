using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>One write. Steps are done in order; the first that fails ends the plan.</summary>
public abstract record VmStep
{
    private VmStep() { }

    /// <summary>Puts the VM controller's finalizer and, when the spec has none, a firmware UUID on the VM.</summary>
    public sealed record Adopt(bool Finalizer, string? FirmwareUuid) : VmStep;

    public sealed record CreateVmi(bool Paused) : VmStep;

    public sealed record DeleteVmi(string Uid) : VmStep;

    /// <summary>A start of a halted VM: the spec says from now on that it runs.</summary>
    public sealed record SwitchOn : VmStep;

    /// <summary>Takes the VM controller's finalizer off the VMI, once what its end means is recorded.</summary>
    public sealed record ReleaseVmi : VmStep;

    public sealed record ReleaseVm : VmStep;
}

/// <summary>What to do for a VM, and what its status remembers of it.</summary>
public sealed record VmPlan
{
    /// <summary>Done before the status is written.</summary>
    public ImmutableArray<VmStep> Steps { get; init; } = [];

    /// <summary>Done after the status is written: they give up objects whose end the status has recorded.</summary>
    public ImmutableArray<VmStep> Releases { get; init; } = [];

    public VirtualMachineStartFailure? StartFailure { get; init; }

    public ImmutableArray<VirtualMachineStateChangeRequest> Requests { get; init; } = [];

    /// <summary>Why nothing is started though it should run: shown as the Failure condition.</summary>
    public string? Obstacle { get; init; }

    public TimeSpan? RecheckAfter { get; init; }

    public bool Creates => Steps.Any(step => step is VmStep.CreateVmi);

    public bool Deletes => Steps.Any(step => step is VmStep.DeleteVmi);
}
