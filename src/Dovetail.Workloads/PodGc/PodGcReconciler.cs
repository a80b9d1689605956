using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Conditions;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.PodGc;

/// <summary>Removes pods that nobody else will: those of a node that does not exist (after 40 s, marked Failed first), and those that are deleted before they
/// were ever placed.</summary>
public sealed class PodGcReconciler(IKubeApi api, IResourceCache<V1Pod> pods, IResourceCache<V1Node> nodes, TimeProvider time) : IReconciler<NamespacedName>
{
    /// <summary>A node agent that starts anew may register a moment after its pods are seen.</summary>
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> missing = [];

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (pods.Find(key.Namespace, key.Name) is not { } pod) return Outcome.Done;
        if (string.IsNullOrEmpty(pod.Spec?.NodeName))
        {
            if (pod.Metadata.DeletionTimestamp is not null) await RemoveAsync(pod, ct);
            return Outcome.Done;
        }

        var absence = AbsenceOf(pod.Spec.NodeName);
        if (absence is null) return Outcome.Done;
        if (absence < Quarantine) return Outcome.RequeueAfter(Quarantine - absence.Value);
        if (await api.FindAsync(BuiltInTypes.Nodes, "", pod.Spec.NodeName, ct) is not null) return Outcome.RequeueAfter(Quarantine);
        await FailAsync(pod, ct);
        await RemoveAsync(pod, ct);
        return Outcome.Done;
    }

    /// <summary>How long the node has been missing; null when it is there.</summary>
    private TimeSpan? AbsenceOf(string node)
    {
        lock (gate)
        {
            if (nodes.Find("", node) is not null)
            {
                missing.Remove(node);
                return null;
            }

            if (!missing.TryGetValue(node, out var since)) missing[node] = since = time.GetTimestamp();
            return time.GetElapsedTime(since);
        }
    }

    private async Task FailAsync(V1Pod pod, CancellationToken ct)
    {
        if (pod.Status?.Phase is "Succeeded" or "Failed") return;
        var failed = BuiltInTypes.Pods.Copy(pod);
        var disrupted = new V1PodCondition { Type = "DisruptionTarget", Status = "True", Reason = "DeletionByPodGC", Message = "PodGC: node no longer exists" };
        failed.Status = (failed.Status ?? new V1PodStatus()) with
        {
            Phase = "Failed",
            Conditions = failed.Status?.Conditions.With(disrupted, time.GetUtcNow().UtcDateTime) ?? [disrupted],
        };
        await api.ReplaceAsync(BuiltInTypes.Pods, failed, "status", ct);
    }

    private Task RemoveAsync(V1Pod pod, CancellationToken ct) => api.DeleteAsync(
        BuiltInTypes.Pods,
        pod.Metadata.NamespaceProperty,
        pod.Metadata.Name,
        new DeleteOptions { GracePeriodSeconds = 0, PreconditionUid = pod.Metadata.Uid },
        ct);
}
