using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtController.Nodes;

/// <summary>Watches the heartbeats of virt-handlers.</summary>
public sealed partial class NodeReconciler(
    IKubeApi api,
    IResourceCache<V1Node> nodes,
    LauncherWorld world,
    IEventRecorder events,
    VirtControllerClock clock,
    ILogger<NodeReconciler> logger) : IReconciler<NamespacedName>
{
    /// <summary>Index of VMIs by the node that owns them.</summary>
    public const string ByNode = "virt-controller/node";

    private const string Unresponsive = "NodeUnresponsive";
    private static readonly WriteOptions Writes = new() { FieldManager = VirtControllers.FieldManager };

    public static IEnumerable<string> NodeOf(VirtualMachineInstance vmi) => vmi.Status?.NodeName is { Length: > 0 } node ? [node] : [];

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (nodes.Find("", key.Name) is not { } node) return Outcome.Done;
        var guests = world.Vmis.ByIndex(ByNode, key.Name).Select(vmi => new GuestOnNode(vmi, world.PodOf(vmi)));
        var plan = NodePlanner.Decide(new(node, [.. guests], clock.Now));
        if (plan.MarkUnschedulable) await MarkAsync(node, ct);
        foreach (var vmi in plan.Lost) await FailAsync(vmi, key.Name, ct);
        return new(null, plan.RecheckAfter);
    }

    private async Task MarkAsync(V1Node node, CancellationToken ct)
    {
        HeartbeatStale(node.Metadata.Name);
        var patch = new MergePatchBuilder().AtRevision(node.Metadata.ResourceVersion).Set(["metadata", "labels", KubeVirtLabels.Schedulable], "false").Build();
        var written = await api.PatchAsync(BuiltInTypes.Nodes, "", node.Metadata.Name, PatchType.Merge, patch, Writes, "", ct);
        await nodes.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
        await events.RecordAsync(BuiltInTypes.Nodes, node, EventKind.Warning, Unresponsive, "virt-handler has not been heard of for five minutes", ct);
    }

    private async Task FailAsync(VirtualMachineInstance vmi, string node, CancellationToken ct)
    {
        var failed = KubeVirtTypes.VirtualMachineInstances.Copy(vmi);
        failed.Status ??= new();
        failed.Status.Phase = VmiPhases.Failed;
        failed.Status.Reason = Unresponsive;
        failed.Status.PhaseTransitionTimestamps = [.. failed.Status.PhaseTransitionTimestamps ?? [], new() { Phase = VmiPhases.Failed, PhaseTransitionTimestamp = clock.Now }];
        if (MergeDiff.Between(KubeVirtTypes.VirtualMachineInstances, vmi, failed) is not { } patch) return;
        GuestLost(NamespacedName.Of(vmi).ToString(), node);
        var written = await api.PatchAsync(KubeVirtTypes.VirtualMachineInstances, vmi.Metadata.NamespaceProperty, vmi.Metadata.Name, PatchType.Merge, patch, Writes, "", ct);
        await world.Vmis.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
        await events.RecordAsync(KubeVirtTypes.VirtualMachineInstances, vmi, EventKind.Warning, Unresponsive, $"virt-handler on node {node} is not responsive, marking VMI as failed", ct);
    }
}
