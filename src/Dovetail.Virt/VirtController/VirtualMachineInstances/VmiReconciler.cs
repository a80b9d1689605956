using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtController.VirtualMachines;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>Gives a VMI its launcher pod, hands it over to the node's virt-handler when the pod is ready, and lets it go when the pod is gone.</summary>
public sealed partial class VmiReconciler(
    IKubeApi api,
    LauncherWorld world,
    IEventRecorder events,
    VirtControllerClock clock,
    LauncherPodOptions options,
    ILogger<VmiReconciler> logger) : IReconciler<NamespacedName>
{
    private static readonly WriteOptions Writes = new() { FieldManager = VirtControllers.FieldManager };

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (world.Vmis.Find(key.Namespace, key.Name) is not { } vmi) return Outcome.Done;
        var facts = new VmiFacts(vmi, world.PodOf(vmi), world.Kvm(), clock.Now);
        var plan = VmiPlanner.Decide(facts);
        Exception? failed = null;
        VmiFailure? failure = null;
        foreach (var step in plan.Steps)
        {
            try
            {
                if (await DoAsync(step, facts, ct) is { } pod) facts = facts with { Pod = pod };
            }
            catch (StatusException refusal) when (refusal.Status.Reason is not ("Conflict" or "AlreadyExists"))
            {
                (failed, failure) = (refusal, await RefusedAsync(step, facts, refusal, ct));
                break;
            }
        }

        await WriteAsync(facts, VmiDescription.Describe(facts, plan, failure), ct);
        return new(failed, plan.RecheckAfter);
    }

    /// <returns>The pod, when the step made one.</returns>
    private async Task<V1Pod?> DoAsync(VmiStep step, VmiFacts facts, CancellationToken ct)
    {
        switch (step)
        {
            case VmiStep.CreatePod create: return await CreatePodAsync(facts.Vmi, create.Emulated, ct);
            case VmiStep.DeletePod delete: await DeletePodAsync(facts, delete, ct); break;
            case VmiStep.SetUnpaused gate: await SetUnpausedAsync(facts, gate, ct); break;
            case VmiStep.LabelNode label: await LabelAsync(facts, label, ct); break;
            default: throw new InvalidOperationException($"unknown step {step}");
        }

        return null;
    }

    private async Task<V1Pod> CreatePodAsync(VirtualMachineInstance vmi, bool emulated, CancellationToken ct)
    {
        var pod = await api.CreateAsync(BuiltInTypes.Pods, LauncherPodRenderer.Render(vmi, emulated, options), ct);
        await world.Pods.WaitForRevisionAsync(pod.Metadata.ResourceVersion, ct);
        PodCreated(NamespacedName.Of(vmi).ToString(), pod.Metadata.Name);
        await events.RecordAsync(KubeVirtTypes.VirtualMachineInstances, vmi, EventKind.Normal, "SuccessfulCreate", $"Created virtual machine pod {pod.Metadata.Name}", ct);
        foreach (var shared in MacAddresses.Shared(vmi, world.Vmis.List()))
            await events.RecordAsync(KubeVirtTypes.VirtualMachineInstances, vmi, EventKind.Warning, "MacAddressInUse", shared, ct);
        return pod;
    }

    private async Task DeletePodAsync(VmiFacts facts, VmiStep.DeletePod delete, CancellationToken ct)
    {
        var ns = facts.Vmi.Metadata.NamespaceProperty;
        await api.DeleteAsync(BuiltInTypes.Pods, ns, delete.Name, new DeleteOptions { PreconditionUid = delete.Uid }, ct);
        if (await api.FindAsync(BuiltInTypes.Pods, ns, delete.Name, ct) is { } left) await world.Pods.WaitForRevisionAsync(left.Metadata.ResourceVersion, ct);
        PodDeleted(NamespacedName.Of(facts.Vmi).ToString(), delete.Name);
        await events.RecordAsync(KubeVirtTypes.VirtualMachineInstances, facts.Vmi, EventKind.Normal, "SuccessfulDelete", $"Deleted virtual machine pod {delete.Name}", ct);
    }

    /// <summary>A strategic merge touches this one condition; the others are the node agent's.</summary>
    private Task SetUnpausedAsync(VmiFacts facts, VmiStep.SetUnpaused gate, CancellationToken ct)
    {
        var now = clock.Now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var condition = new JsonObject
        {
            ["type"] = LauncherReadinessGate.VirtualMachineUnpaused,
            ["status"] = gate.Unpaused ? ConditionStatuses.True : ConditionStatuses.False,
            ["reason"] = gate.Unpaused ? "NotPaused" : "Paused",
            ["message"] = gate.Unpaused ? "the virtual machine is not paused" : "the virtual machine is paused",
            ["lastProbeTime"] = now,
            ["lastTransitionTime"] = now,
        };
        var patch = new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) } };
        return PatchPodAsync(facts, gate.Name, PatchType.StrategicMerge, System.Text.Encoding.UTF8.GetBytes(patch.ToJsonString()), "status", ct);
    }

    private Task LabelAsync(VmiFacts facts, VmiStep.LabelNode label, CancellationToken ct) =>
        PatchPodAsync(facts, label.Name, PatchType.Merge, new MergePatchBuilder().Set(["metadata", "labels", KubeVirtLabels.NodeName], label.Node).Build(), "", ct);

    private async Task PatchPodAsync(VmiFacts facts, string name, PatchType type, ReadOnlyMemory<byte> patch, string subresource, CancellationToken ct)
    {
        var patched = await api.PatchAsync(BuiltInTypes.Pods, facts.Vmi.Metadata.NamespaceProperty, name, type, patch, Writes, subresource, ct);
        await world.Pods.WaitForRevisionAsync(patched.Metadata.ResourceVersion, ct);
    }

    private async Task WriteAsync(VmiFacts facts, VirtualMachineInstance wanted, CancellationToken ct)
    {
        if (MergeDiff.Between(KubeVirtTypes.VirtualMachineInstances, facts.Vmi, wanted) is not { } patch) return;
        var key = NamespacedName.Of(facts.Vmi);
        if (wanted.Status?.Phase != facts.Vmi.Status?.Phase) PhaseChanged(key.ToString(), facts.Phase, wanted.Status?.Phase ?? "");
        var written = await api.PatchAsync(KubeVirtTypes.VirtualMachineInstances, key.Namespace, key.Name, PatchType.Merge, patch, Writes, "", ct);
        await world.Vmis.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
        await TellPullFailureAsync(facts.Vmi, wanted, ct);
    }

    /// <summary>An image that cannot be had is an event of the VMI too: who looks at the virtual machine need not know of its pod.</summary>
    private async Task TellPullFailureAsync(VirtualMachineInstance before, VirtualMachineInstance after, CancellationToken ct)
    {
        static VirtualMachineInstanceCondition? Failure(VirtualMachineInstance vmi) => vmi.Status?.Conditions?.FirstOrDefault(c =>
            c is { Type: ConditionTypes.Synchronized, Status: ConditionStatuses.False, Reason: PrintableStatuses.ErrImagePull or PrintableStatus.InvalidImageName });

        if (Failure(after) is not { } failure || Failure(before)?.Message == failure.Message) return;
        await events.RecordAsync(KubeVirtTypes.VirtualMachineInstances, after, EventKind.Warning, failure.Reason ?? "", failure.Message ?? "", ct);
    }

    private async Task<VmiFailure> RefusedAsync(VmiStep step, VmiFacts facts, StatusException refusal, CancellationToken ct)
    {
        var (reason, message) = step switch
        {
            VmiStep.CreatePod => ("FailedCreate", $"Error creating pod: {refusal.Message}"),
            VmiStep.DeletePod => ("FailedDelete", $"Error deleting pod: {refusal.Message}"),
            _ => ("FailedPodPatch", $"Error updating pod: {refusal.Message}"),
        };
        await events.RecordAsync(KubeVirtTypes.VirtualMachineInstances, facts.Vmi, EventKind.Warning, reason, message, ct);
        return new(reason, message);
    }
}
