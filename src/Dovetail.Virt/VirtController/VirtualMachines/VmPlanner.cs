using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>
/// What to do for a VM. The table of run strategies (VMI absent / present):
/// <code>
/// Always          start after the back-off         final or asked to stop: delete (the next look starts again)
/// RerunOnFailure  start when asked, or when the    final or asked to stop: delete; a failure asks for a start
///                 strategy is new to the VM
/// Manual          start when asked                 asked to stop: delete
/// Once            start                            leave it
/// Halted          a paused start sets Always       delete
/// </code>
/// </summary>
public static class VmPlanner
{
    public static VmPlan Decide(VmFacts f)
    {
        if (f.VmDeleting) return DecideDeleting(f);
        var plan = new VmPlan { StartFailure = StartBackoff.Next(f), Requests = Pending(f), Releases = ReleaseEnded(f) };
        if (Adoption(f) is { } adopt) return plan with { Steps = [adopt] };
        return f.Vmi is null ? DecideAbsent(f, plan) : DecidePresent(f, plan);
    }

    private static VmPlan DecideAbsent(VmFacts f, VmPlan plan)
    {
        if (f.RunStrategy == RunStrategies.Halted)
            return f.StartsPaused ? plan with { Steps = [new VmStep.SwitchOn()] } : plan;
        if (!WantsStart(f)) return plan;
        if (f.Stranger) return plan with { Obstacle = $"a VirtualMachineInstance named {f.Vm.Metadata.Name} exists that this VirtualMachine does not control; delete it or rename the VirtualMachine" };
        var wait = StartBackoff.Remaining(plan.StartFailure, f.Now);
        if (wait > TimeSpan.Zero) return plan with { RecheckAfter = wait };
        return plan with { Steps = [new VmStep.CreateVmi(f.StartsPaused)] };
    }

    private static bool WantsStart(VmFacts f) => f.RunStrategy switch
    {
        RunStrategies.Always or RunStrategies.Once => true,
        RunStrategies.RerunOnFailure => f.StartRequest is not null || f.Status.RunStrategy != RunStrategies.RerunOnFailure,
        RunStrategies.Manual => f.StartRequest is not null,
        _ => false,
    };

    private static VmPlan DecidePresent(VmFacts f, VmPlan plan)
    {
        var delete = f.RunStrategy switch
        {
            RunStrategies.Always or RunStrategies.RerunOnFailure => f.VmiFinal || f.StopRequested,
            RunStrategies.Manual => f.StopRequested,
            RunStrategies.Halted => true,
            _ => false,
        };
        return delete && !f.VmiDeleting ? plan with { Steps = [new VmStep.DeleteVmi(f.VmiUid)] } : plan;
    }

    private static VmPlan DecideDeleting(VmFacts f)
    {
        var plan = new VmPlan { StartFailure = f.Status.StartFailure, Requests = [.. f.Status.StateChangeRequests ?? []] };
        if (!Has(f.Vm.Metadata.Finalizers, KubeVirtFinalizers.VmController)) return plan;
        if (f.Vmi is null) return plan with { Releases = [new VmStep.ReleaseVm()] };
        // `kubectl delete --cascade=orphan`: the guest goes on without its VM.
        if (Has(f.Vm.Metadata.Finalizers, "orphan")) return plan with { Releases = [new VmStep.ReleaseVmi(), new VmStep.ReleaseVm()] };
        return plan with { Steps = f.VmiDeleting ? [] : [new VmStep.DeleteVmi(f.VmiUid)], Releases = ReleaseEnded(f) };
    }

    private static VmStep.Adopt? Adoption(VmFacts f)
    {
        var finalizer = !Has(f.Vm.Metadata.Finalizers, KubeVirtFinalizers.VmController);
        var firmware = string.IsNullOrEmpty(f.Vm.Spec?.Template?.Spec?.Domain?.Firmware?.Uuid) ? FirmwareUuid.Of(f.Vm.Metadata.Name) : null;
        return finalizer || firmware is not null ? new(finalizer, firmware) : null;
    }

    /// <summary>A VMI that has ended and is being deleted waits for us only until the status has recorded its end.</summary>
    private static ImmutableArray<VmStep> ReleaseEnded(VmFacts f) =>
        f.VmiFinal && f.VmiDeleting && Has(f.Vmi!.Metadata.Finalizers, KubeVirtFinalizers.VmController) ? [new VmStep.ReleaseVmi()] : [];

    /// <summary>The requests that are still to be carried out: a done first one is taken off, and a failed guest that is to run again adds a start.</summary>
    private static ImmutableArray<VirtualMachineStateChangeRequest> Pending(VmFacts f)
    {
        ImmutableArray<VirtualMachineStateChangeRequest> requests = [.. f.Status.StateChangeRequests ?? []];
        if (requests is [var head, ..])
        {
            var done = head.Action switch
            {
                StateChangeActions.Stop => f.Vmi is null || head.Uid != f.VmiUid,
                // A halted VM is started by its spec, or paused by a request. Any other start was asked of an earlier strategy, and whoever has halted the VM since has taken it back.
                StateChangeActions.Start => (f.VmiLive && !f.VmiDeleting) || (f.RunStrategy == RunStrategies.Halted && !f.StartsPaused),
                _ => false,
            };
            if (done) requests = requests.RemoveAt(0);
        }

        var rerun = f.RunStrategy == RunStrategies.RerunOnFailure && f.Vmi?.Status?.Phase == VmiPhases.Failed && requests.IsEmpty;
        return rerun ? [new() { Action = StateChangeActions.Start }] : requests;
    }

    private static bool Has(IList<string>? finalizers, string finalizer) => finalizers?.Contains(finalizer) == true;
}
