using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using Dovetail.Virt;

namespace Dovetail.Simulation.Tests.World;

/// <summary>virt-handler's part of the simulated node: starts the guest of a VMI that was handed over, and tells how it fares.</summary>
public sealed class HandlerAgent(IKubeApi api, IResourceCache<VirtualMachineInstance> vmis, NodeMachine machine, TimeProvider time) : IReconciler<NamespacedName>
{
    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (vmis.Find(key.Namespace, key.Name) is not { } vmi || vmi.Status?.NodeName != SimulatedNode.Name) return Outcome.Done;
        if (VmiPhases.IsFinal(vmi.Status.Phase) || machine.FindByVmi(vmi.Metadata.Uid) is not { } sandbox) return Outcome.Done;
        if (vmi.Metadata.DeletionTimestamp is not null) machine.ShutDown(sandbox);
        else if (vmi.Status.Phase == VmiPhases.Scheduled) machine.Boot(sandbox);
        var phase = sandbox.State switch
        {
            GuestState.Absent or GuestState.Booting or GuestState.ShuttingDown => vmi.Status.Phase,
            GuestState.Running => VmiPhases.Running,
            GuestState.Off => VmiPhases.Succeeded,
            GuestState.Crashed => VmiPhases.Failed,
        };
        if (phase == vmi.Status.Phase) return Outcome.Done;
        var changed = KubeVirtTypes.VirtualMachineInstances.Copy(vmi);
        changed.Status!.Phase = phase;
        changed.Status.PhaseTransitionTimestamps =
        [
            .. changed.Status.PhaseTransitionTimestamps ?? [],
            new() { Phase = phase, PhaseTransitionTimestamp = time.GetUtcNow().UtcDateTime },
        ];
        var written = await api.ReplaceAsync(KubeVirtTypes.VirtualMachineInstances, changed, "", ct);
        await vmis.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
        return Outcome.Done;
    }
}
