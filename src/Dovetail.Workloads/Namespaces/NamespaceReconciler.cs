using System.Collections.Immutable;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Kinds;
using k8s.Models;

namespace Dovetail.Workloads.Namespaces;

/// <summary>
/// Empties a terminating namespace, pods before everything else (KEP-5080), and then takes away its finalizer <c>kubernetes</c>, which lets it go. What holds it up is told in its conditions.
/// </summary>
public sealed class NamespaceReconciler(IKubeApi api, IResourceCache<V1Namespace> namespaces, IServedKinds kinds, TimeProvider time) : IReconciler<NamespacedName>
{
    private const string Finalizer = "kubernetes";

    /// <summary>Objects of a namespace that are deleted at once, so that the store commits them in groups.</summary>
    private const int Together = 64;

    private static readonly TimeSpan ShortestRecheck = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRecheck = TimeSpan.FromSeconds(8);

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (namespaces.Find("", key.Name) is not { Metadata.DeletionTimestamp: { } deleted } ns) return Outcome.Done;
        if (ns.Spec?.Finalizers?.Contains(Finalizer) != true) return Outcome.Done;
        var content = await EmptyAsync(key.Name, ct);
        ns = await WriteConditionsAsync(ns, NamespaceConditions.Of(content), ct);
        if (!content.Remaining.IsEmpty || !content.Failures.IsEmpty) return Outcome.RequeueAfter(RecheckAfter(time.GetUtcNow().UtcDateTime - deleted));
        await FinalizeAsync(ns, ct);
        return Outcome.Done;
    }

    /// <summary>Soon at first; what has been waiting for long can wait a little longer, and a thousand stuck namespaces cost little.</summary>
    private static TimeSpan RecheckAfter(TimeSpan waited) => TimeSpan.FromTicks(Math.Clamp(waited.Ticks / 4, ShortestRecheck.Ticks, LongestRecheck.Ticks));

    /// <summary>Deletes what is there and tells what is left.</summary>
    private async Task<NamespaceContent> EmptyAsync(string ns, CancellationToken ct)
    {
        List<RemainingKind> remaining = [];
        List<string> failures = [];
        var namespaced = kinds.Current.Where(kind => kind.Namespaced).ToLookup(IsPods);
        foreach (var pods in namespaced[true]) await EmptyAsync(pods, ns, remaining, failures, ct);
        if (remaining.Count > 0) return new NamespaceContent { Remaining = [.. remaining], Failures = [.. failures], WaitsForPods = true };
        foreach (var kind in namespaced[false]) await EmptyAsync(kind, ns, remaining, failures, ct);
        return new NamespaceContent { Remaining = [.. remaining], Failures = [.. failures] };
    }

    private async Task EmptyAsync(ResourceType<PartialObject> kind, string ns, List<RemainingKind> remaining, List<string> failures, CancellationToken ct)
    {
        try
        {
            var items = (await api.ListAsync(kind, ns, new ListOptions(), ct)).Items;
            if (items.Count == 0) return;
            foreach (var some in items.Where(obj => obj.Metadata.DeletionTimestamp is null).Chunk(Together)) await Task.WhenAll(some.Select(obj => DeleteAsync(kind, obj, ct)));
            var left = (await api.ListAsync(kind, ns, new ListOptions(), ct)).Items;
            if (left.Count > 0) remaining.Add(new RemainingKind(kind.Plural, kind.Group, left.Count, [.. left.SelectMany(obj => obj.Metadata.Finalizers ?? [])]));
        }
        catch (StatusException gone) when (gone.Status.Code == 404)
        {
            // Its CRD was deleted a moment ago, and its objects with it.
        }
        catch (StatusException refused)
        {
            failures.Add(IsPods(kind) ? $"failed to delete pods for namespace: {ns}, err: {refused.Message}" : refused.Message);
        }
    }

    private static bool IsPods(ResourceType<PartialObject> kind) => kind is { Group: "", Plural: "pods" };

    private async Task DeleteAsync(ResourceType<PartialObject> kind, PartialObject obj, CancellationToken ct)
    {
        try
        {
            var options = new DeleteOptions { PropagationPolicy = "Background", PreconditionUid = obj.Metadata.Uid };
            await api.DeleteAsync(kind, obj.Metadata.NamespaceProperty, obj.Metadata.Name, options, ct);
        }
        catch (StatusException replaced) when (replaced.Status.Reason == "Conflict")
        {
            // Another object has taken the name; the next look finds it.
        }
    }

    private async Task FinalizeAsync(V1Namespace ns, CancellationToken ct)
    {
        var emptied = BuiltInTypes.Namespaces.Copy(ns);
        emptied.Spec.Finalizers = [.. emptied.Spec.Finalizers.Where(finalizer => finalizer != Finalizer)];
        try
        {
            await api.ReplaceAsync(BuiltInTypes.Namespaces, emptied, "finalize", ct);
        }
        catch (StatusException gone) when (gone.Status.Code == 404)
        {
            // Somebody else has taken the last finalizer away.
        }
    }

    private async Task<V1Namespace> WriteConditionsAsync(V1Namespace ns, ImmutableArray<V1NamespaceCondition> wanted, CancellationToken ct)
    {
        if (NamespaceConditions.Merge(ns.Status?.Conditions ?? [], wanted, time.GetUtcNow().UtcDateTime) is not { } conditions) return ns;
        var changed = BuiltInTypes.Namespaces.Copy(ns);
        changed.Status = (changed.Status ?? new V1NamespaceStatus()) with { Conditions = conditions };
        return await api.ReplaceAsync(BuiltInTypes.Namespaces, changed, "status", ct);
    }
}
