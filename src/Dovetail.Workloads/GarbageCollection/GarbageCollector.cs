using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Api.Json;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>Looks at one object at a time and does what <see cref="GcPlanner"/> decides. Objects and owners are read from the API itself; the graph only says who depends on whom.
/// Every write carries the object's uid and revision, so that it never hits another object of the same name or one that has found a new owner.</summary>
/// <param name="api">Where objects are read and written.</param>
/// <param name="graph">Who depends on whom.</param>
/// <param name="events">Tells of references that cannot be right.</param>
/// <param name="wake">Asks for another object to be looked at.</param>
public sealed class GarbageCollector(IKubeApi api, ObjectGraph graph, IEventRecorder events, Action<GcKey> wake) : IReconciler<GcKey>
{
    /// <summary>An owner of a kind that nobody serves may appear with its CRD.</summary>
    private static readonly TimeSpan UnknownOwnerRecheck = TimeSpan.FromSeconds(30);

    private readonly AbsentOwners absent = new();

    public async Task<Outcome> ReconcileAsync(GcKey key, CancellationToken ct)
    {
        if (graph.TypeOf(key) is not { } type) return Outcome.Done;
        await graph.WaitForSyncAsync(ct);
        if (await api.FindAsync(type, key.Name.Namespace, key.Name.Name, ct) is not { } obj || !ObjectGraph.Concerns(obj.Metadata)) return Outcome.Done;
        var facts = await ObserveAsync(type, obj, ct);
        foreach (var step in GcPlanner.Decide(facts)) obj = await ActAsync(type, obj, step, ct);
        return facts.Owners.Any(owner => owner.State == OwnerState.Unknown) ? Outcome.RequeueAfter(UnknownOwnerRecheck) : Outcome.Done;
    }

    private async Task<GcFacts> ObserveAsync(ResourceType<PartialObject> type, PartialObject obj, CancellationToken ct)
    {
        var owners = ImmutableArray.CreateBuilder<OwnerFacts>();
        foreach (var owner in obj.Metadata.OwnerReferences ?? [])
            owners.Add(new OwnerFacts(owner.Uid, await StateOfAsync(type, obj, owner, ct), owner.BlockOwnerDeletion == true));
        var dependents = graph.DependentsOf(obj.Metadata.Uid);
        return new GcFacts
        {
            IsDeleting = obj.Metadata.DeletionTimestamp is not null,
            ForegroundFinalizer = obj.Metadata.WaitsForDependents(),
            OrphanFinalizer = obj.Metadata.Orphans(),
            Owners = owners.ToImmutable(),
            Dependents = dependents.Length,
            BlockingDependents = dependents.Count(dependent =>
                dependent.Object.Metadata.OwnerReferences.Any(owner => owner.Uid == obj.Metadata.Uid && owner.BlockOwnerDeletion == true)),
            LeavingDependents = dependents.Count(dependent => dependent.Object.Metadata.DeletionTimestamp is not null && dependent.Object.Metadata.WaitsForDependents()),
        };
    }

    private async Task<OwnerState> StateOfAsync(ResourceType<PartialObject> type, PartialObject obj, V1OwnerReference reference, CancellationToken ct)
    {
        if (graph.TypeOf(reference) is not { } kind) return OwnerState.Unknown;
        var ns = kind.Namespaced ? obj.Metadata.NamespaceProperty ?? "" : "";
        if (kind.Namespaced && ns.Length == 0)
        {
            await TellInvalidAsync(type, obj, reference, ct);
            return OwnerState.Unreachable;
        }

        var named = NamedOwner.Of(ns, reference);
        if (absent.Contains(named)) return OwnerState.Absent;
        var owner = await api.FindAsync(kind, ns, reference.Name, ct);
        if (owner?.Metadata.Uid != reference.Uid)
        {
            if (absent.Add(named) && kind.Namespaced && await ElsewhereAsync(kind, reference, ct)) await TellInvalidAsync(type, obj, reference, ct);
            return OwnerState.Absent;
        }

        return owner.Metadata.DeletionTimestamp is not null && owner.Metadata.WaitsForDependents() ? OwnerState.WaitingForDependents : OwnerState.Solid;
    }

    /// <summary>Whether the owner lives in another namespace, which is as good as nowhere.</summary>
    private async Task<bool> ElsewhereAsync(ResourceType<PartialObject> kind, V1OwnerReference reference, CancellationToken ct)
    {
        var named = await api.ListAsync(kind, "", new ListOptions { FieldSelector = $"metadata.name={reference.Name}" }, ct);
        return named.Items.Any(one => one.Metadata.Uid == reference.Uid);
    }

    private Task TellInvalidAsync(ResourceType<PartialObject> type, PartialObject obj, V1OwnerReference reference, CancellationToken ct)
    {
        var ns = obj.Metadata.NamespaceProperty ?? "";
        var owner = $"[{reference.ApiVersion}/{reference.Kind}, namespace: {ns}, name: {reference.Name}, uid: {reference.Uid}]";
        return events.RecordAsync(type, obj, EventKind.Warning, "OwnerRefInvalidNamespace", $"ownerRef {owner} does not exist in namespace \"{ns}\"", ct);
    }

    /// <returns>The object after the step.</returns>
    private async Task<PartialObject> ActAsync(ResourceType<PartialObject> type, PartialObject obj, GcStep step, CancellationToken ct)
    {
        switch (step)
        {
            case GcStep.Delete(var propagation):
                await DeleteAsync(type, obj, propagation, ct);
                return obj;
            case GcStep.Disown(var owners):
                return await DisownAsync(type, obj, [.. owners], ct);
            case GcStep.OrphanDependents:
                var dependents = graph.DependentsOf(obj.Metadata.Uid);
                await Task.WhenAll(dependents.Select(dependent => DisownAsync(graph.TypeOf(dependent.Key)!, dependent.Object, [obj.Metadata.Uid], ct)));
                return obj;
            case GcStep.WakeDependents:
                foreach (var (key, _) in graph.DependentsOf(obj.Metadata.Uid)) wake(key);
                return obj;
            case GcStep.StopBlocking:
                V1OwnerReference[] unblocked = [.. obj.Metadata.OwnerReferences.Select(owner => owner with { BlockOwnerDeletion = false })];
                return await PatchAsync(type, obj, Keeping(obj, "ownerReferences", unblocked, References), ct);
            case GcStep.RemoveFinalizer(var finalizer):
                string[] kept = [.. (obj.Metadata.Finalizers ?? []).Where(name => name != finalizer)];
                return await PatchAsync(type, obj, Keeping(obj, "finalizers", kept, BuiltInJson.Default.StringArray), ct);
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }

    private Task DeleteAsync(ResourceType<PartialObject> type, PartialObject obj, string propagation, CancellationToken ct) =>
        api.DeleteAsync(
            type,
            obj.Metadata.NamespaceProperty ?? "",
            obj.Metadata.Name,
            new DeleteOptions { PropagationPolicy = propagation, PreconditionUid = obj.Metadata.Uid, PreconditionResourceVersion = obj.Metadata.ResourceVersion },
            ct);

    private Task<PartialObject> DisownAsync(ResourceType<PartialObject> type, PartialObject obj, HashSet<string> owners, CancellationToken ct)
    {
        V1OwnerReference[] kept = [.. (obj.Metadata.OwnerReferences ?? []).Where(owner => !owners.Contains(owner.Uid))];
        return PatchAsync(type, obj, Keeping(obj, "ownerReferences", kept, References), ct);
    }

    private static JsonTypeInfo<V1OwnerReference[]> References { get; } = KubeJson.TypeInfo<V1OwnerReference[]>(BuiltInTypes.JsonOptions);

    /// <summary>A patch of one list in the metadata; an empty list goes as a whole.</summary>
    private static ReadOnlyMemory<byte> Keeping<T>(PartialObject obj, string field, T[] kept, JsonTypeInfo<T[]> json)
    {
        var patch = new MergePatchBuilder().AtRevision(obj.Metadata.ResourceVersion);
        return (kept.Length == 0 ? patch.Remove(["metadata", field]) : patch.Set(["metadata", field], kept, json)).Build();
    }

    private async Task<PartialObject> PatchAsync(ResourceType<PartialObject> type, PartialObject obj, ReadOnlyMemory<byte> patch, CancellationToken ct)
    {
        try
        {
            return await api.PatchAsync(type, obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name, PatchType.Merge, patch, new WriteOptions(), "", ct);
        }
        catch (StatusException gone) when (gone.Status.Code == 404)
        {
            return obj;
        }
    }
}
