using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Conditions;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Simulation.Tests.World;

/// <summary>The node agent's part of the simulated node: realises launcher pods as sandboxes, ends them in order, reports them.</summary>
/// <param name="api">The API as the node sees it.</param>
/// <param name="pods">Its cache of pods.</param>
/// <param name="machine">What it works on.</param>
/// <param name="time">The clock.</param>
/// <param name="random">How long preparation takes.</param>
/// <param name="forgetsOrder">The bug that the simulation must find: the pod is reported gone before its guest is.</param>
public sealed class PodAgent(IKubeApi api, IResourceCache<V1Pod> pods, NodeMachine machine, TimeProvider time, Random random, bool forgetsOrder) : IReconciler<NamespacedName>
{
    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        var pod = pods.Find(key.Namespace, key.Name);
        foreach (var orphan in machine.Sandboxes.Where(sandbox => sandbox.Pod == key && sandbox.PodUid != pod?.Metadata.Uid).ToList())
            if (!forgetsOrder || !orphan.IsLive) machine.Destroy(orphan);
            else machine.ShutDown(orphan);
        if (pod is null || pod.Spec.NodeName != SimulatedNode.Name) return Outcome.Done;
        if (pod.Metadata.DeletionTimestamp is { } deadline) return await EndAsync(pod, deadline, ct);
        if (pod.Status?.Phase is "Succeeded" or "Failed") return Outcome.Done;
        if (machine.Find(pod.Metadata.Uid) is not { } sandbox) return await PrepareAsync(pod, ct);
        await ReportAsync(pod, sandbox, ct);
        return Outcome.Done;
    }

    private async Task<Outcome> EndAsync(V1Pod pod, DateTime deadline, CancellationToken ct)
    {
        if (machine.Find(pod.Metadata.Uid) is { } sandbox && !forgetsOrder)
        {
            if (sandbox.IsLive)
            {
                var left = deadline - time.GetUtcNow().UtcDateTime;
                if (left <= TimeSpan.Zero) machine.End(sandbox, GuestState.Off);
                else machine.ShutDown(sandbox);
                if (sandbox.IsLive) return Outcome.RequeueAfter(left);
            }

            machine.Destroy(sandbox);
        }

        await api.DeleteAsync(
            BuiltInTypes.Pods,
            pod.Metadata.NamespaceProperty,
            pod.Metadata.Name,
            new DeleteOptions { GracePeriodSeconds = 0, PreconditionUid = pod.Metadata.Uid },
            ct);
        return Outcome.Done;
    }

    private async Task<Outcome> PrepareAsync(V1Pod pod, CancellationToken ct)
    {
        // A pod that ran and has no sandbox any more has lost it: it must not quietly get a second one.
        if (pod.Status?.Phase == "Running")
        {
            await WriteAsync(pod, "Failed", ready: false, ct);
            return Outcome.Done;
        }

        await Task.Delay(TimeSpan.FromMilliseconds(50 + random.Next(2000)), time, ct);
        if (pods.Find(pod.Metadata.NamespaceProperty, pod.Metadata.Name) is not { Metadata: { DeletionTimestamp: null } now } || now.Uid != pod.Metadata.Uid) return Outcome.RequeueAfter(TimeSpan.Zero);
        var owner = pod.Metadata.OwnerReferences[0];
        machine.Create(pod.Metadata.Uid, NamespacedName.Of(pod), owner.Uid, new NamespacedName(pod.Metadata.NamespaceProperty, owner.Name));
        await ReportAsync(pod, machine.Find(pod.Metadata.Uid)!, ct);
        return Outcome.Done;
    }

    private Task ReportAsync(V1Pod pod, Sandbox sandbox, CancellationToken ct)
    {
        if (sandbox.HasEnded) return WriteAsync(pod, sandbox.State == GuestState.Crashed ? "Failed" : "Succeeded", ready: false, ct);
        var gate = pod.Status?.Conditions.StatusOf(LauncherReadinessGate.VirtualMachineUnpaused) == "True";
        return WriteAsync(pod, "Running", ready: gate, ct);
    }

    private async Task WriteAsync(V1Pod pod, string phase, bool ready, CancellationToken ct)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var changed = BuiltInTypes.Pods.Copy(pod);
        changed.Status ??= new V1PodStatus();
        var conditions = changed.Status.Conditions.With(new V1PodCondition { Type = "Ready", Status = ready ? "True" : "False" }, now);
        if (changed.Status.Phase == phase && ReferenceEquals(conditions, changed.Status.Conditions)) return;
        changed.Status.Phase = phase;
        changed.Status.Conditions = conditions;
        var written = await api.ReplaceAsync(BuiltInTypes.Pods, changed, "status", ct);
        await pods.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
    }
}
