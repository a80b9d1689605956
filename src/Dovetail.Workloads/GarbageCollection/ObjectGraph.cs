using System.Collections.Frozen;
using System.Collections.Immutable;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Queue;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Kinds;
using k8s.Models;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>An object of any kind.</summary>
public readonly record struct GcKey(string Group, string Plural, NamespacedName Name)
{
    public override string ToString() => $"{Plural}{(Group.Length == 0 ? "" : "." + Group)} {Name}";
}

/// <summary>
/// Who owns whom: the heads of those objects that have owners or wait for their dependents, and nothing of the many others. It follows the served kinds: a new CRD gets a
/// cache, and a deleted one loses it. Events own nothing, are owned by nothing that matters, and change all the time: they are left out, as upstream does.
/// </summary>
public sealed class ObjectGraph(IServedKinds kinds, Func<ResourceType<PartialObject>, Informer<PartialObject>> informerOf)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Group, string Plural), Entry> entries = [];
    private readonly Dictionary<string, HashSet<GcKey>> owned = new(StringComparer.Ordinal);
    private FrozenDictionary<(string Group, string Kind), ResourceType<PartialObject>> byKind = FrozenDictionary<(string, string), ResourceType<PartialObject>>.Empty;

    /// <summary>Whether the collector has anything to do with an object: it has an owner, or it goes and its dependents are to go first or to be left.</summary>
    public static bool Concerns(V1ObjectMeta metadata) =>
        metadata.OwnerReferences is { Count: > 0 } || (metadata.DeletionTimestamp is not null && (metadata.WaitsForDependents() || metadata.Orphans()));

    public ResourceType<PartialObject>? TypeOf(GcKey key) => Find(key.Group, key.Plural)?.Type;

    /// <summary>The kind that an owner reference names.</summary>
    public ResourceType<PartialObject>? TypeOf(V1OwnerReference owner)
    {
        var slash = owner.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        return byKind.GetValueOrDefault((slash < 0 ? "" : owner.ApiVersion[..slash], owner.Kind));
    }

    /// <summary>The objects that name an owner, in an order that does not depend on chance.</summary>
    public ImmutableArray<(GcKey Key, PartialObject Object)> DependentsOf(string uid)
    {
        ImmutableArray<(GcKey Key, Entry? Entry)> keys;
        lock (gate)
        {
            if (!owned.TryGetValue(uid, out var found)) return [];
            keys = [.. found.Select(key => (key, entries.GetValueOrDefault((key.Group, key.Plural))))];
        }

        return
        [
            .. keys.Select(one => (one.Key, Object: one.Entry?.Cache.Find(one.Key.Name.Namespace, one.Key.Name.Name)!))
                .Where(one => one.Object is not null)
                .OrderBy(one => one.Key.ToString(), StringComparer.Ordinal),
        ];
    }

    /// <summary>Starts and stops caches as kinds come and go, and puts in the queue what a change touches: the object, its dependents, its owners.</summary>
    public void Follow(WorkQueue<GcKey> queue, List<Task> running, CancellationToken ct)
    {
        var served = kinds.Current.Where(kind => kind.Plural != "events").ToDictionary(kind => (kind.Group, kind.Plural));
        running.RemoveAll(one => one.IsCompletedSuccessfully);
        lock (gate)
        {
            byKind = served.Values.DistinctBy(kind => (kind.Group, kind.Kind)).ToFrozenDictionary(kind => (kind.Group, kind.Kind));
            foreach (var gone in entries.Keys.Where(key => !served.ContainsKey(key)).ToList())
            {
                entries.Remove(gone, out var entry);
                entry!.Stop.Cancel();
                entry.Stop.Dispose();
                Forget(gone);
            }

            foreach (var (name, type) in served.Where(kind => !entries.ContainsKey(kind.Key)))
            {
                var cache = informerOf(type);
                var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
                cache.Subscribe(change => Touch(queue, type, change));
                cache.OnRelist(() => LookAtAll(queue));
                entries.Add(name, new Entry(type, cache, stop, stop.Token));
                running.Add(cache.RunAsync(stop.Token));
            }
        }
    }

    /// <summary>Until every cache has its first list; the cache of a kind that goes meanwhile is not waited for.</summary>
    public async Task WaitForSyncAsync(CancellationToken ct)
    {
        Entry[] all;
        lock (gate) all = [.. entries.Values.Where(entry => !entry.Cache.HasSynced)];
        foreach (var entry in all)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, entry.Stopped);
            try
            {
                await entry.Cache.WaitForSyncAsync(either.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // Nobody serves it any more.
            }
        }
    }

    private void Touch(WorkQueue<GcKey> queue, ResourceType<PartialObject> type, CacheChange<PartialObject> change)
    {
        var key = new GcKey(type.Group, type.Plural, change.Name);
        var obj = (change.New ?? change.Old)!;
        if (change is { Old: { } before, New: { } after } && SameLinks(before.Metadata, after.Metadata)) return;
        lock (gate)
        {
            foreach (var owner in change.Old?.Metadata.OwnerReferences ?? [])
                if (owned.TryGetValue(owner.Uid, out var former) && former.Remove(key) && former.Count == 0)
                    owned.Remove(owner.Uid);
            foreach (var owner in change.New?.Metadata.OwnerReferences ?? [])
            {
                if (!owned.TryGetValue(owner.Uid, out var dependents)) owned.Add(owner.Uid, dependents = []);
                dependents.Add(key);
            }
        }

        if (change.New is not null) queue.Add(key);
        // Dependents care when their owner starts to leave or has left; owners, those that are owners no more too, care about every change of theirs while they wait for them.
        if (obj.Metadata.DeletionTimestamp is not null || change.New is null)
            foreach (var (dependent, _) in DependentsOf(obj.Metadata.Uid)) queue.Add(dependent);
        foreach (var owner in (change.Old?.Metadata.OwnerReferences ?? []).Concat(change.New?.Metadata.OwnerReferences ?? []))
            if (TypeOf(owner) is { } kind)
                queue.Add(new GcKey(kind.Group, kind.Plural, new NamespacedName(kind.Namespaced ? obj.Metadata.NamespaceProperty ?? "" : "", owner.Name)));
    }

    /// <summary>Most changes (a status, a heartbeat) are none to the collector.</summary>
    private static bool SameLinks(V1ObjectMeta a, V1ObjectMeta b) =>
        a.Uid == b.Uid
        && a.DeletionTimestamp == b.DeletionTimestamp
        && (a.Finalizers ?? []).SequenceEqual(b.Finalizers ?? [])
        && (a.OwnerReferences ?? []).Select(Link).SequenceEqual((b.OwnerReferences ?? []).Select(Link));

    private static (string Uid, bool Blocks) Link(V1OwnerReference owner) => (owner.Uid, owner.BlockOwnerDeletion == true);

    /// <summary>After a gap of a watch nobody knows which owners went in it.</summary>
    private void LookAtAll(WorkQueue<GcKey> queue)
    {
        GcKey[] all;
        lock (gate) all = [.. owned.Values.SelectMany(keys => keys).Distinct().OrderBy(key => key.ToString(), StringComparer.Ordinal)];
        foreach (var key in all) queue.Add(key);
    }

    private Entry? Find(string group, string plural)
    {
        lock (gate) return entries.GetValueOrDefault((group, plural));
    }

    /// <summary>Of a kind that is gone, nothing depends on anything.</summary>
    private void Forget((string Group, string Plural) kind)
    {
        foreach (var (owner, dependents) in owned.ToArray())
        {
            dependents.RemoveWhere(key => (key.Group, key.Plural) == kind);
            if (dependents.Count == 0) owned.Remove(owner);
        }
    }

    /// <param name="Type">The kind.</param>
    /// <param name="Cache">Its objects.</param>
    /// <param name="Stop">Ends the cache.</param>
    /// <param name="Stopped">Its token, which outlives it.</param>
    private sealed record Entry(ResourceType<PartialObject> Type, Informer<PartialObject> Cache, CancellationTokenSource Stop, CancellationToken Stopped);
}
