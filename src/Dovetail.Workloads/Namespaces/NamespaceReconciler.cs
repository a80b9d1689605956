using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Kinds;
using k8s.Models;

namespace Dovetail.Workloads.Namespaces;

/// <summary>
/// Empties a terminating namespace kind by kind and then takes away its finalizer <c>kubernetes</c>, which lets it go. What holds it up is told in its
/// conditions NamespaceContentRemaining and NamespaceFinalizersRemaining, in upstream's words.
/// </summary>
public sealed class NamespaceReconciler(IKubeApi api, IResourceCache<V1Namespace> namespaces, IServedKinds kinds, TimeProvider time) : IReconciler<NamespacedName>
{
    private const string Finalizer = "kubernetes";
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(500);

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (namespaces.Find("", key.Name) is not { Metadata.DeletionTimestamp: not null } ns) return Outcome.Done;
        if (ns.Spec?.Finalizers?.Contains(Finalizer) != true) return Outcome.Done;
        var remaining = await EmptyAsync(key.Name, ct);
        if (remaining.Count == 0)
        {
            await FinalizeAsync(ns, ct);
            return Outcome.Done;
        }

        await WriteConditionsAsync(ns, NamespaceConditions.Of(remaining), ct);
        return Outcome.RequeueAfter(Recheck);
    }

    /// <summary>Deletes what is there and tells what was.</summary>
    private async Task<List<RemainingKind>> EmptyAsync(string ns, CancellationToken ct)
    {
        var remaining = new List<RemainingKind>();
        foreach (var kind in kinds.Current.Where(kind => kind.Namespaced))
        {
            IReadOnlyList<PartialObject> items;
            try
            {
                items = (await api.ListAsync(kind, ns, new ListOptions(), ct)).Items;
            }
            catch (StatusException gone) when (gone.Status.Code == 404)
            {
                continue; // its CRD was deleted a moment ago, and its objects with it
            }

            foreach (var obj in items.Where(obj => obj.Metadata.DeletionTimestamp is null))
                await DeleteAsync(kind, obj, ct);
            if (items.Count > 0) remaining.Add(new RemainingKind(kind.Plural, kind.Group, items.Count, [.. items.SelectMany(obj => obj.Metadata.Finalizers ?? [])]));
        }

        return remaining;
    }

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
        await api.ReplaceAsync(BuiltInTypes.Namespaces, emptied, "finalize", ct);
    }

    private async Task WriteConditionsAsync(V1Namespace ns, IReadOnlyList<V1NamespaceCondition> wanted, CancellationToken ct)
    {
        var old = ns.Status?.Conditions ?? [];
        if (wanted.All(condition => old.Any(other => (other.Type, other.Status, other.Message) == (condition.Type, condition.Status, condition.Message)))) return;
        var now = time.GetUtcNow().UtcDateTime;
        var changed = BuiltInTypes.Namespaces.Copy(ns);
        changed.Status = (changed.Status ?? new V1NamespaceStatus()) with
        {
            Conditions =
            [
                .. old.Where(condition => wanted.All(other => other.Type != condition.Type)),
                .. wanted.Select(condition => condition with
                {
                    LastTransitionTime = old.FirstOrDefault(other => other.Type == condition.Type && other.Status == condition.Status)?.LastTransitionTime ?? now,
                }),
            ],
        };
        await api.ReplaceAsync(BuiltInTypes.Namespaces, changed, "status", ct);
    }
}
