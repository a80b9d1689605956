using System.Collections.Immutable;
using System.Text.Json;
using Dovetail.Api.Json;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Conditions;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Scheduling;

/// <summary>
/// Binds pods to nodes, one at a time: after a binding it waits until the cache shows the pod on its node, so that the next decision counts it.
/// </summary>
public sealed class PodScheduler(IKubeApi api, IResourceCache<V1Pod> pods, IResourceCache<V1Node> nodes, IEventRecorder events, TimeProvider time) : IReconciler<NamespacedName>
{
    public const string Component = "default-scheduler";

    /// <summary>Index of the pods cache: pods by the node that they are bound to, "" for none.</summary>
    public const string ByNode = "nodeName";

    /// <summary>The keys to look at again when a node or a placed pod changes: every pod that waits.</summary>
    public static IEnumerable<NamespacedName> Waiting(IResourceCache<V1Pod> pods) => pods.ByIndex(ByNode, "").Where(IsOurs).Select(NamespacedName.Of);

    public static IEnumerable<string> NodeOf(V1Pod pod) => [pod.Spec?.NodeName ?? ""];

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (pods.Find(key.Namespace, key.Name) is not { } pod || !IsOurs(pod)) return Outcome.Done;
        switch (SchedulingPlanner.Decide(pod.Spec, Observe()))
        {
            case Placement.On(var node):
                await BindAsync(pod, node, ct);
                return Outcome.Done;
            case Placement.Nowhere(var message):
                await ExplainAsync(pod, message, ct);
                return Outcome.Done;
            default:
                throw new InvalidOperationException("a placement is On or Nowhere");
        }
    }

    private static bool IsOurs(V1Pod pod) =>
        pod.Spec is { } spec
        && string.IsNullOrEmpty(spec.NodeName)
        && pod.Metadata.DeletionTimestamp is null
        && pod.Status?.Phase is not ("Succeeded" or "Failed")
        && spec.SchedulerName is null or "" or Component
        && spec.SchedulingGates is not { Count: > 0 };

    private List<NodeFacts> Observe() =>
    [
        .. nodes.List().Select(node => new NodeFacts(node, Taken(pods.ByIndex(ByNode, node.Metadata.Name)))),
    ];

    private static ImmutableDictionary<string, decimal> Taken(IReadOnlyList<V1Pod> placed)
    {
        var taken = ImmutableDictionary.CreateBuilder<string, decimal>(StringComparer.Ordinal);
        foreach (var pod in placed.Where(pod => pod.Status?.Phase is not ("Succeeded" or "Failed")))
            foreach (var (name, amount) in PodResources.RequestsOf(pod.Spec))
                taken[name] = taken.GetValueOrDefault(name) + amount;
        return taken.ToImmutable();
    }

    private async Task BindAsync(V1Pod pod, string node, CancellationToken ct)
    {
        var binding = new V1Binding
        {
            ApiVersion = "v1",
            Kind = "Binding",
            // The uid makes the server refuse when the pod was meanwhile replaced by another of that name.
            Metadata = new V1ObjectMeta { NamespaceProperty = pod.Metadata.NamespaceProperty, Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            Target = new V1ObjectReference { ApiVersion = "v1", Kind = "Node", Name = node },
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(binding, KubeJson.TypeInfo<V1Binding>(BuiltInTypes.JsonOptions));
        await api.CreateSubresourceAsync(BuiltInTypes.Pods, pod.Metadata.NamespaceProperty, pod.Metadata.Name, "binding", body, ct);
        if (await api.FindAsync(BuiltInTypes.Pods, pod.Metadata.NamespaceProperty, pod.Metadata.Name, ct) is { } bound)
            await pods.WaitForRevisionAsync(bound.Metadata.ResourceVersion, ct);
        await events.RecordAsync(BuiltInTypes.Pods, pod, EventKind.Normal, "Scheduled", $"Successfully assigned {NamespacedName.Of(pod)} to {node}", ct);
    }

    private async Task ExplainAsync(V1Pod pod, string message, CancellationToken ct)
    {
        var condition = new V1PodCondition { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = message };
        var conditions = pod.Status?.Conditions.With(condition, time.GetUtcNow().UtcDateTime) ?? [condition];
        if (ReferenceEquals(conditions, pod.Status?.Conditions)) return;
        var changed = BuiltInTypes.Pods.Copy(pod);
        changed.Status = (changed.Status ?? new V1PodStatus()) with { Conditions = conditions };
        var written = await api.ReplaceAsync(BuiltInTypes.Pods, changed, "status", ct);
        await events.RecordAsync(BuiltInTypes.Pods, pod, EventKind.Warning, "FailedScheduling", message, ct);
        await pods.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
    }
}
