using System.Text.Json;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>Brings a VM's VMI to what its run strategy asks for. Writes the VM's status (all of it but what virt-api adds to stateChangeRequests) and owns the finalizer on both.</summary>
public sealed partial class VmReconciler(
    IKubeApi api,
    IResourceCache<VirtualMachine> vms,
    IResourceCache<VirtualMachineInstance> vmis,
    IEventRecorder events,
    VirtControllerClock clock,
    ILogger<VmReconciler> logger) : IReconciler<NamespacedName>
{
    private static readonly WriteOptions Writes = new() { FieldManager = VirtControllers.FieldManager };

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        var vm = vms.Find(key.Namespace, key.Name);
        await ReleaseOrphanAsync(key, vm, ct);
        if (vm is null) return Outcome.Done;
        var facts = Observe(vm);
        var plan = VmPlanner.Decide(facts);
        var written = vm;
        Exception? failed = null;
        VmFailure? failure = null;
        foreach (var step in plan.Steps)
        {
            try
            {
                written = await DoAsync(step, facts, written, ct);
            }
            catch (StatusException refusal) when (refusal.Status.Reason is not ("Conflict" or "AlreadyExists"))
            {
                (failed, failure) = (refusal, await RefusedAsync(step, facts, refusal, ct));
                break;
            }
        }

        // An adopted VM is a new one, and its change brings us back at once.
        if (plan.Steps is [VmStep.Adopt] && failure is null) return Outcome.Done;
        written = await WriteStatusAsync(written, VmStatus.Describe(facts, plan, failure), ct);
        if (failed is not null) return Outcome.Failed(failed);
        foreach (var release in plan.Releases) written = await DoAsync(release, facts, written, ct);
        return new(null, plan.RecheckAfter);
    }

    private VmFacts Observe(VirtualMachine vm)
    {
        var found = vmis.Find(vm.Metadata.NamespaceProperty, vm.Metadata.Name);
        var own = found is not null && Owners.ControllerUid(found) == vm.Metadata.Uid;
        return new(vm, own ? found : null, Stranger: found is not null && !own, clock.Now, clock.Jitter());
    }

    /// <returns>The VM as it is after the step.</returns>
    private Task<VirtualMachine> DoAsync(VmStep step, VmFacts facts, VirtualMachine vm, CancellationToken ct) => step switch
    {
        VmStep.Adopt adopt => AdoptAsync(vm, adopt, ct),
        VmStep.SwitchOn => SwitchOnAsync(vm, ct),
        VmStep.CreateVmi create => CreateAsync(vm, create, ct),
        VmStep.DeleteVmi delete => DeleteAsync(vm, delete, ct),
        VmStep.ReleaseVmi => ReleaseAsync(vm, facts.Vmi!, ct),
        VmStep.ReleaseVm => ReleaseVmAsync(vm, ct),
        _ => throw new InvalidOperationException($"unknown step {step}"),
    };

    private async Task<VirtualMachine> AdoptAsync(VirtualMachine vm, VmStep.Adopt adopt, CancellationToken ct)
    {
        var patch = new MergePatchBuilder().AtRevision(vm.Metadata.ResourceVersion);
        if (adopt.Finalizer) patch.Set(["metadata", "finalizers"], [.. vm.Metadata.Finalizers ?? [], KubeVirtFinalizers.VmController], BuiltInJson.Default.IListString);
        if (adopt.FirmwareUuid is { } uuid) patch.Set(["spec", "template", "spec", "domain", "firmware", "uuid"], uuid);
        return await PatchAsync(vm, patch, ct);
    }

    private async Task<VirtualMachine> SwitchOnAsync(VirtualMachine vm, CancellationToken ct)
    {
        var patch = new MergePatchBuilder().AtRevision(vm.Metadata.ResourceVersion);
        if (vm.Spec?.Running is not null) patch.Set(["spec", "running"], true, BuiltInJson.Default.Boolean);
        else patch.Set(["spec", "runStrategy"], RunStrategies.Always);
        return await PatchAsync(vm, patch, ct);
    }

    private async Task<VirtualMachine> CreateAsync(VirtualMachine vm, VmStep.CreateVmi create, CancellationToken ct)
    {
        var made = await api.CreateAsync(KubeVirtTypes.VirtualMachineInstances, VmiFromVm.Render(vm, create.Paused), ct);
        await vmis.WaitForRevisionAsync(made.Metadata.ResourceVersion, ct);
        Started(NamespacedName.Of(vm).ToString(), made.Metadata.Uid);
        await events.RecordAsync(KubeVirtTypes.VirtualMachines, vm, EventKind.Normal, "SuccessfulCreate", $"Started the virtual machine by creating the new virtual machine instance {made.Metadata.Name}", ct);
        return vm;
    }

    private async Task<VirtualMachine> DeleteAsync(VirtualMachine vm, VmStep.DeleteVmi delete, CancellationToken ct)
    {
        var key = NamespacedName.Of(vm);
        await api.DeleteAsync(KubeVirtTypes.VirtualMachineInstances, key.Namespace, key.Name, new DeleteOptions { PreconditionUid = delete.Uid }, ct);
        // The deletion is a change of its own; without it in the cache the next look would delete again.
        if (await api.FindAsync(KubeVirtTypes.VirtualMachineInstances, key.Namespace, key.Name, ct) is { } left) await vmis.WaitForRevisionAsync(left.Metadata.ResourceVersion, ct);
        Stopped(key.ToString(), delete.Uid);
        await events.RecordAsync(KubeVirtTypes.VirtualMachines, vm, EventKind.Normal, "SuccessfulDelete", $"Stopped the virtual machine by deleting the virtual machine instance {delete.Uid}", ct);
        return vm;
    }

    private async Task<VirtualMachine> ReleaseAsync(VirtualMachine vm, VirtualMachineInstance vmi, CancellationToken ct)
    {
        await TakeFinalizerAsync(vmi, ct);
        return vm;
    }

    private async Task<VirtualMachine> ReleaseVmAsync(VirtualMachine vm, CancellationToken ct) =>
        await PatchAsync(vm, new MergePatchBuilder().AtRevision(vm.Metadata.ResourceVersion).Set(["metadata", "finalizers"], Without(vm.Metadata.Finalizers), BuiltInJson.Default.IListString), ct);

    /// <summary>A VMI whose VM is gone (its finalizers were taken by force, or a new VM has its name) must not wait for it for ever.</summary>
    private async Task ReleaseOrphanAsync(NamespacedName key, VirtualMachine? vm, CancellationToken ct)
    {
        if (vmis.Find(key.Namespace, key.Name) is not { Metadata.DeletionTimestamp: not null } vmi) return;
        if (vmi.Metadata.Finalizers?.Contains(KubeVirtFinalizers.VmController) != true || Owners.ControllerUid(vmi) == vm?.Metadata.Uid) return;
        // The cache of VMs may lag behind that of VMIs: ask before letting go.
        var now = await api.FindAsync(KubeVirtTypes.VirtualMachines, key.Namespace, key.Name, ct);
        if (Owners.ControllerUid(vmi) != now?.Metadata.Uid) await TakeFinalizerAsync(vmi, ct);
    }

    private async Task TakeFinalizerAsync(VirtualMachineInstance vmi, CancellationToken ct)
    {
        var patch = new MergePatchBuilder().AtRevision(vmi.Metadata.ResourceVersion).Set(["metadata", "finalizers"], Without(vmi.Metadata.Finalizers), BuiltInJson.Default.IListString);
        var left = await api.PatchAsync(KubeVirtTypes.VirtualMachineInstances, vmi.Metadata.NamespaceProperty, vmi.Metadata.Name, PatchType.Merge, patch.Build(), Writes, "", ct);
        await vmis.WaitForRevisionAsync(left.Metadata.ResourceVersion, ct);
    }

    private async Task<VirtualMachine> PatchAsync(VirtualMachine vm, MergePatchBuilder patch, CancellationToken ct)
    {
        var patched = await api.PatchAsync(KubeVirtTypes.VirtualMachines, vm.Metadata.NamespaceProperty, vm.Metadata.Name, PatchType.Merge, patch.Build(), Writes, "", ct);
        await vms.WaitForRevisionAsync(patched.Metadata.ResourceVersion, ct);
        return patched;
    }

    private async Task<VirtualMachine> WriteStatusAsync(VirtualMachine vm, VirtualMachineStatus status, CancellationToken ct)
    {
        var wanted = KubeVirtTypes.VirtualMachines.Copy(vm);
        wanted.Status = status;
        if (Json(wanted).AsSpan().SequenceEqual(Json(vm))) return vm;
        if (wanted.Status.PrintableStatus != vm.Status?.PrintableStatus) StatusChanged(NamespacedName.Of(vm).ToString(), vm.Status?.PrintableStatus ?? "", wanted.Status.PrintableStatus ?? "");
        var written = await api.ReplaceAsync(KubeVirtTypes.VirtualMachines, wanted, "status", ct);
        await vms.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
        return written;
    }

    private async Task<VmFailure> RefusedAsync(VmStep step, VmFacts facts, StatusException refusal, CancellationToken ct)
    {
        var (reason, message) = step switch
        {
            VmStep.CreateVmi => ("FailedCreate", $"Error creating virtual machine instance: {refusal.Message}"),
            VmStep.DeleteVmi => ("FailedDelete", $"Error deleting virtual machine instance: {refusal.Message}"),
            VmStep.Adopt { FirmwareUuid: not null } => ("FirmwareUUIDError", refusal.Message),
            _ => ("FailedUpdateError", refusal.Message),
        };
        if (step is VmStep.CreateVmi or VmStep.DeleteVmi) await events.RecordAsync(KubeVirtTypes.VirtualMachines, facts.Vm, EventKind.Warning, reason, message, ct);
        return new(reason, message);
    }

    private static List<string> Without(IList<string>? finalizers) => [.. (finalizers ?? []).Where(f => f != KubeVirtFinalizers.VmController)];

    private static byte[] Json(VirtualMachine vm) => JsonSerializer.SerializeToUtf8Bytes(vm, KubeVirtTypes.VirtualMachines.Json);
}
