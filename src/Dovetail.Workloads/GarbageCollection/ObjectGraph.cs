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
/// The heads of all objects of all kinds, with who owns whom. It follows the served kinds: a new CRD gets a cache, and a deleted one loses it.
/// Events and leases own nothing, are owned by nothing that matters, and change all the time: they are left out.
/// </summary>
public sealed class ObjectGraph(IServedKinds kinds, Func<ResourceType<PartialObject>, Informer<PartialObject>> informerOf)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Group, string Plural), Entry> entries = [];

    public ResourceType<PartialObject>? TypeOf(GcKey key) => Find(key.Group, key.Plural)?.Type;

    /// <summary>The kind that an owner reference names.</summary>
    public ResourceType<PartialObject>? TypeOf(V1OwnerReference owner)
    {
        var group = owner.ApiVersion.Contains('/', StringComparison.Ordinal) ? owner.ApiVersion[..owner.ApiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
        return kinds.Current.FirstOrDefault(kind => kind.Group == group && kind.Kind == owner.Kind);
    }

    public PartialObject? Find(GcKey key) => Find(key.Group, key.Plural)?.Cache.Find(key.Name.Namespace, key.Name.Name);

    public IEnumerable<(GcKey Key, PartialObject Object)> DependentsOf(string uid)
    {
        Entry[] all;
        lock (gate) all = [.. entries.Values];
        foreach (var entry in all.OrderBy(entry => entry.Type.Group, StringComparer.Ordinal).ThenBy(entry => entry.Type.Plural, StringComparer.Ordinal))
            foreach (var dependent in entry.Cache.OwnedBy(uid))
                yield return (new GcKey(entry.Type.Group, entry.Type.Plural, NamespacedName.Of(dependent)), dependent);
    }

    /// <summary>Starts and stops caches as kinds come and go, and puts in the queue what a change touches: the object, its dependents, its owners.</summary>
    public void Follow(WorkQueue<GcKey> queue, List<Task> running, CancellationToken ct)
    {
        var served = kinds.Current.Where(kind => kind.Plural is not ("events" or "leases")).ToDictionary(kind => (kind.Group, kind.Plural));
        lock (gate)
        {
            foreach (var gone in entries.Keys.Where(key => !served.ContainsKey(key)).ToList())
            {
                entries[gone].Stop.Cancel();
                entries.Remove(gone);
            }

            foreach (var (name, type) in served.Where(kind => !entries.ContainsKey(kind.Key)))
            {
                var cache = informerOf(type);
                var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
                cache.Subscribe(change => Touch(queue, type, change));
                entries.Add(name, new Entry(type, cache, stop));
                running.Add(cache.RunAsync(stop.Token));
            }
        }
    }

    public async Task WaitForSyncAsync(CancellationToken ct)
    {
        Entry[] all;
        lock (gate) all = [.. entries.Values];
        foreach (var entry in all) await entry.Cache.WaitForSyncAsync(ct);
    }

    private void Touch(WorkQueue<GcKey> queue, ResourceType<PartialObject> type, CacheChange<PartialObject> change)
    {
        var obj = (change.New ?? change.Old)!;
        if (change.New is { } now && Concerns(now)) queue.Add(new GcKey(type.Group, type.Plural, change.Name));
        // Dependents care when their owner starts to leave or has left; the owner cares about every change of theirs while it waits for them.
        if (change.New?.Metadata.DeletionTimestamp is not null || change.New is null)
            foreach (var (dependent, _) in DependentsOf(obj.Metadata.Uid)) queue.Add(dependent);
        foreach (var owner in obj.Metadata.OwnerReferences ?? [])
            if (TypeOf(owner) is { } kind)
                queue.Add(new GcKey(kind.Group, kind.Plural, new NamespacedName(kind.Namespaced ? obj.Metadata.NamespaceProperty ?? "" : "", owner.Name)));
    }

    private static bool Concerns(PartialObject obj) => obj.Metadata.OwnerReferences is { Count: > 0 } || obj.Metadata.DeletionTimestamp is not null;

    private Entry? Find(string group, string plural)
    {
        lock (gate) return entries.GetValueOrDefault((group, plural));
    }

    private sealed record Entry(ResourceType<PartialObject> Type, Informer<PartialObject> Cache, CancellationTokenSource Stop);
}
