using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Api.Json;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>Looks at one object at a time and does what <see cref="GcPlanner"/> decides. Every write carries the object's uid and revision, so that it
/// never hits another object of the same name or one that has found a new owner.</summary>
public sealed class GarbageCollector(IKubeApi api, ObjectGraph graph) : IReconciler<GcKey>
{
    /// <summary>An owner of a kind that nobody serves may appear with its CRD.</summary>
    private static readonly TimeSpan UnknownOwnerRecheck = TimeSpan.FromSeconds(30);

    public async Task<Outcome> ReconcileAsync(GcKey key, CancellationToken ct)
    {
        if (graph.TypeOf(key) is not { } type || graph.Find(key) is not { } obj) return Outcome.Done;
        await graph.WaitForSyncAsync(ct);
        var facts = await ObserveAsync(obj, ct);
        foreach (var step in GcPlanner.Decide(facts)) await ActAsync(type, obj, step, ct);
        return facts.Owners.Any(owner => owner.State == OwnerState.Unknown) ? Outcome.RequeueAfter(UnknownOwnerRecheck) : Outcome.Done;
    }

    private async Task<GcFacts> ObserveAsync(PartialObject obj, CancellationToken ct)
    {
        var owners = ImmutableArray.CreateBuilder<OwnerFacts>();
        foreach (var owner in obj.Metadata.OwnerReferences ?? [])
            owners.Add(new OwnerFacts(owner.Uid, await StateOfAsync(obj, owner, ct), owner.BlockOwnerDeletion == true));
        var dependents = graph.DependentsOf(obj.Metadata.Uid).ToList();
        return new GcFacts
        {
            IsDeleting = obj.Metadata.DeletionTimestamp is not null,
            ForegroundFinalizer = obj.Metadata.Finalizers?.Contains(GcPlanner.ForegroundFinalizer) == true,
            OrphanFinalizer = obj.Metadata.Finalizers?.Contains(GcPlanner.OrphanFinalizer) == true,
            Owners = owners.ToImmutable(),
            Dependents = dependents.Count,
            BlockingDependents = dependents.Count(dependent =>
                dependent.Object.Metadata.OwnerReferences.Any(owner => owner.Uid == obj.Metadata.Uid && owner.BlockOwnerDeletion == true)),
        };
    }

    private async Task<OwnerState> StateOfAsync(PartialObject obj, V1OwnerReference reference, CancellationToken ct)
    {
        if (graph.TypeOf(reference) is not { } type) return OwnerState.Unknown;
        var ns = type.Namespaced ? obj.Metadata.NamespaceProperty ?? "" : "";
        // A cluster-scoped object cannot have a namespaced owner: no namespace to look in, so nobody can tell.
        if (type.Namespaced && ns.Length == 0) return OwnerState.Unknown;
        var owner = graph.Find(new GcKey(type.Group, type.Plural, new NamespacedName(ns, reference.Name)));
        // The cache may lag behind the reference: absence is believed only from the API itself.
        if (owner?.Metadata.Uid != reference.Uid) owner = await api.FindAsync(type, ns, reference.Name, ct);
        if (owner?.Metadata.Uid != reference.Uid) return OwnerState.Absent;
        return owner.Metadata.DeletionTimestamp is not null && owner.Metadata.Finalizers?.Contains(GcPlanner.ForegroundFinalizer) == true
            ? OwnerState.WaitingForDependents
            : OwnerState.Solid;
    }

    private async Task ActAsync(ResourceType<PartialObject> type, PartialObject obj, GcStep step, CancellationToken ct)
    {
        switch (step)
        {
            case GcStep.Delete(var propagation):
                await DeleteAsync(type, obj, propagation, ct);
                break;
            case GcStep.Disown(var owners):
                await DisownAsync(type, obj, [.. owners], ct);
                break;
            case GcStep.OrphanDependents:
                foreach (var (key, dependent) in graph.DependentsOf(obj.Metadata.Uid).ToList())
                    await DisownAsync(graph.TypeOf(key)!, dependent, [obj.Metadata.Uid], ct);
                break;
            case GcStep.DeleteDependents:
                foreach (var (key, dependent) in graph.DependentsOf(obj.Metadata.Uid).ToList())
                    if (dependent.Metadata.DeletionTimestamp is null && await AllOwnersLeaveAsync(dependent, ct))
                        await DeleteAsync(graph.TypeOf(key)!, dependent, graph.DependentsOf(dependent.Metadata.Uid).Any() ? "Foreground" : "Background", ct);
                break;
            case GcStep.RemoveFinalizer(var finalizer):
                string[] kept = [.. (obj.Metadata.Finalizers ?? []).Where(name => name != finalizer)];
                await PatchAsync(type, obj, Keeping(obj, "finalizers", kept, BuiltInJson.Default.StringArray), ct);
                break;
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }

    private async Task<bool> AllOwnersLeaveAsync(PartialObject dependent, CancellationToken ct)
    {
        foreach (var owner in dependent.Metadata.OwnerReferences ?? [])
            if (await StateOfAsync(dependent, owner, ct) is OwnerState.Solid or OwnerState.Unknown)
                return false;
        return true;
    }

    private Task DeleteAsync(ResourceType<PartialObject> type, PartialObject obj, string propagation, CancellationToken ct) =>
        api.DeleteAsync(
            type,
            obj.Metadata.NamespaceProperty ?? "",
            obj.Metadata.Name,
            new DeleteOptions { PropagationPolicy = propagation, PreconditionUid = obj.Metadata.Uid, PreconditionResourceVersion = obj.Metadata.ResourceVersion },
            ct);

    private async Task DisownAsync(ResourceType<PartialObject> type, PartialObject obj, HashSet<string> owners, CancellationToken ct)
    {
        V1OwnerReference[] kept = [.. (obj.Metadata.OwnerReferences ?? []).Where(owner => !owners.Contains(owner.Uid))];
        var json = KubeJson.TypeInfo<V1OwnerReference[]>(BuiltInTypes.JsonOptions);
        await PatchAsync(type, obj, Keeping(obj, "ownerReferences", kept, json), ct);
    }

    /// <summary>A patch of one list in the metadata; an empty list goes as a whole.</summary>
    private static ReadOnlyMemory<byte> Keeping<T>(PartialObject obj, string field, T[] kept, JsonTypeInfo<T[]> json)
    {
        var patch = new MergePatchBuilder().AtRevision(obj.Metadata.ResourceVersion);
        return (kept.Length == 0 ? patch.Remove(["metadata", field]) : patch.Set(["metadata", field], kept, json)).Build();
    }

    private async Task PatchAsync(ResourceType<PartialObject> type, PartialObject obj, ReadOnlyMemory<byte> patch, CancellationToken ct)
    {
        try
        {
            await api.PatchAsync(type, obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name, PatchType.Merge, patch, new WriteOptions(), "", ct);
        }
        catch (StatusException gone) when (gone.Status.Code == 404)
        {
        }
    }
}
