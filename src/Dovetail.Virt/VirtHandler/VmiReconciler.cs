using System.Collections.Concurrent;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler.Status;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtHandler;

/// <summary>Brings the guests of this node to what their VMIs ask, and the VMIs' status to what the guests are.</summary>
internal sealed class VmiReconciler(IKubeApi api, IResourceCache<VirtualMachineInstance> vmis, VmiWorld world, IEventRecorder events, ILogger<VmiReconciler> logger) : IReconciler<NamespacedName>
{
    /// <summary>Uids of VMIs whose users have been told that they are being stopped.</summary>
    private readonly ConcurrentDictionary<string, byte> announced = new();

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (vmis.Find(key.Namespace, key.Name) is not { } vmi)
        {
            await world.ForgetAsync(key);
            return Outcome.Done;
        }

        var before = vmi.Status?.Phase ?? "";
        if (before is not (VmiPhases.Scheduled or VmiPhases.Running) && !VmiPhases.IsFinal(before)) return Outcome.Done;

        var facts = await world.ObserveAsync(vmi, ct);
        var plan = VmiPlanner.Decide(facts);
        SyncProblem? problem = null;
        foreach (var step in plan.Steps)
        {
            if (step is VmiStep.StopGuest stop && announced.TryAdd(vmi.Metadata.Uid, 0)) await AnnounceStopAsync(vmi, stop, ct);
            problem = await world.ActAsync(facts, step, ct);
            if (problem is not null) break;
        }

        if (VmiPhases.IsFinal(before))
        {
            announced.TryRemove(vmi.Metadata.Uid, out _);
            await world.ForgetAsync(key);
            return Outcome.Done;
        }

        plan = plan with { Problem = problem ?? plan.Problem };
        await WriteStatusAsync(facts, plan, ct);
        if (plan.Phase != before) logger.PhaseChanged(key, before, plan.Phase, plan.Reason);
        foreach (var notice in plan.Notices) await RecordAsync(vmi, notice, ct);
        if (problem is not null)
        {
            await RecordAsync(vmi, new(true, "SyncFailed", $"{problem.Reason}: {problem.Message}"), ct);
            return Outcome.Failed(new IOException($"{problem.Reason}: {problem.Message}"));
        }

        return new(null, plan.RecheckAfter);
    }

    private async Task WriteStatusAsync(VmiFacts facts, VmiPlan plan, CancellationToken ct)
    {
        if (VmiStatusWriter.Patch(facts, plan) is not { } patch) return;
        var key = NamespacedName.Of(facts.Vmi);
        VirtualMachineInstance written;
        try
        {
            written = await api.PatchAsync(KubeVirtTypes.VirtualMachineInstances, key.Namespace, key.Name, PatchType.Json, patch, new WriteOptions { FieldManager = "virt-handler" }, "", ct);
        }
        catch (StatusException refused) when (refused.Status.Code == 422)
        {
            // The API answers a failed test of a JSON patch with 422: virt-controller wrote in between. To the worker loop that is a lost race.
            throw new StatusException(refused.Status with { Code = 409, Reason = "Conflict" });
        }

        await vmis.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
    }

    private Task AnnounceStopAsync(VirtualMachineInstance vmi, VmiStep.StopGuest stop, CancellationToken ct) =>
        RecordAsync(vmi, new(false, "ShuttingDown", $"Signaled graceful shutdown; the guest has {stop.GraceSeconds} s."), ct);

    private Task RecordAsync(VirtualMachineInstance vmi, VmiNotice notice, CancellationToken ct) =>
        events.RecordAsync(KubeVirtTypes.VirtualMachineInstances, vmi, notice.IsWarning ? EventKind.Warning : EventKind.Normal, notice.Reason, notice.Message, ct);
}
