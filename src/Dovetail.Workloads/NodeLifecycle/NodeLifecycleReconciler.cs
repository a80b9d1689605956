using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Conditions;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Scheduling;
using k8s.Models;

namespace Dovetail.Workloads.NodeLifecycle;

/// <summary>
/// Watches the nodes' heartbeats: when a node's lease in <c>kube-node-lease</c> has not changed for 40 s (by our clock, from when we saw it change),
/// the node's conditions become Unknown and its pods are no longer ready. The node agent makes them True again when it is back. The node's taints follow its conditions (<see cref="NodeTaints"/>).
/// </summary>
public sealed class NodeLifecycleReconciler(
    IKubeApi api, IResourceCache<V1Node> nodes, IResourceCache<V1Lease> leases, IResourceCache<V1Pod> pods, IEventRecorder events, TimeProvider time) : IReconciler<NamespacedName>
{
    public const string LeaseNamespace = "kube-node-lease";

    /// <summary>Upstream's --node-monitor-grace-period in its older, shorter form.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(40);

    private static readonly string[] Watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

    private readonly Lock gate = new();
    private readonly Dictionary<string, Heartbeat> heartbeats = [];

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (nodes.Find("", key.Name) is not { } node)
        {
            lock (gate) heartbeats.Remove(key.Name);
            return Outcome.Done;
        }

        await TaintAsync(node, ct);
        var silence = SilenceOf(node);
        if (silence < Grace) return Outcome.RequeueAfter(Grace - silence);
        await MarkUnknownAsync(node, ct);
        await MarkPodsNotReadyAsync(node, ct);
        return Outcome.Done;
    }

    /// <summary>A new lease or a new status of the node's own is a sign of life.</summary>
    private TimeSpan SilenceOf(V1Node node)
    {
        var sign = $"{leases.Find(LeaseNamespace, node.Metadata.Name)?.Metadata.ResourceVersion}/{ReadyOf(node)?.LastHeartbeatTime:O}";
        lock (gate)
        {
            if (heartbeats.TryGetValue(node.Metadata.Name, out var last) && last.Sign == sign) return time.GetElapsedTime(last.SeenAt);
            heartbeats[node.Metadata.Name] = new Heartbeat(sign, time.GetTimestamp());
            return TimeSpan.Zero;
        }
    }

    /// <summary>After the write the node comes again, as it is then.</summary>
    private async Task TaintAsync(V1Node node, CancellationToken ct)
    {
        if (NodeTaints.Decide(node, time.GetUtcNow().UtcDateTime) is not { } taints) return;
        var changed = BuiltInTypes.Nodes.Copy(node);
        changed.Spec ??= new V1NodeSpec();
        changed.Spec.Taints = [.. taints];
        await api.ReplaceAsync(BuiltInTypes.Nodes, changed, "", ct);
    }

    private async Task MarkUnknownAsync(V1Node node, CancellationToken ct)
    {
        if (ReadyOf(node)?.Status == "Unknown") return;
        var now = time.GetUtcNow().UtcDateTime;
        var changed = BuiltInTypes.Nodes.Copy(node);
        changed.Status ??= new V1NodeStatus();
        foreach (var type in Watched)
        {
            var old = changed.Status.Conditions?.FirstOrDefault(condition => condition.Type == type);
            var condition = (old ?? new V1NodeCondition { Type = type }) with
            {
                Status = "Unknown",
                Reason = old is null ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
                Message = "Kubelet stopped posting node status.",
            };
            changed.Status.Conditions = changed.Status.Conditions.With(condition, now);
        }

        await api.ReplaceAsync(BuiltInTypes.Nodes, changed, "status", ct);
        await events.RecordAsync(BuiltInTypes.Nodes, node, EventKind.Normal, "NodeNotReady", $"Node {node.Metadata.Name} status is now: NodeNotReady", ct);
    }

    private async Task MarkPodsNotReadyAsync(V1Node node, CancellationToken ct)
    {
        var now = time.GetUtcNow().UtcDateTime;
        foreach (var pod in pods.ByIndex(PodScheduler.ByNode, node.Metadata.Name).Where(pod => pod.Status?.Conditions.StatusOf("Ready") == "True"))
        {
            var changed = BuiltInTypes.Pods.Copy(pod);
            var ready = changed.Status.Conditions.First(condition => condition.Type == "Ready");
            changed.Status.Conditions = changed.Status.Conditions.With(ready with { Status = "False", Reason = "NodeNotReady", Message = "Node is not ready" }, now);
            try
            {
                await api.ReplaceAsync(BuiltInTypes.Pods, changed, "status", ct);
            }
            catch (StatusException gone) when (gone.Status.Code == 404)
            {
            }
        }
    }

    private static V1NodeCondition? ReadyOf(V1Node node) => node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");

    private readonly record struct Heartbeat(string Sign, long SeenAt);
}
