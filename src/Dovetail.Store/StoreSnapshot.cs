using System.Collections.Immutable;

namespace Dovetail.Store;

/// <summary>Every current object at one revision; each change makes another that shares nearly everything.</summary>
internal sealed class StoreSnapshot : IStoreSnapshot
{
    public static readonly StoreSnapshot Empty = new(0, ImmutableDictionary.Create<string, SortedObjects>(StringComparer.Ordinal));

    private readonly ImmutableDictionary<string, SortedObjects> _resources;

    private StoreSnapshot(long revision, ImmutableDictionary<string, SortedObjects> resources) => (Revision, _resources) = (revision, resources);

    public long Revision { get; }

    /// <summary>Takes objects that are ordered by resource, namespace and name.</summary>
    public static StoreSnapshot FromOrdered(long revision, IEnumerable<StoredObject> objects)
    {
        var resources = ImmutableDictionary.CreateBuilder<string, SortedObjects>(StringComparer.Ordinal);
        var run = new List<StoredObject>();
        foreach (var o in objects)
        {
            if (run.Count > 0 && !string.Equals(run[0].Key.Resource, o.Key.Resource, StringComparison.Ordinal)) EndRun();
            run.Add(o);
        }

        EndRun();
        return new(revision, resources.ToImmutable());

        void EndRun()
        {
            if (run.Count > 0) resources.Add(run[0].Key.Resource, SortedObjects.FromOrdered(run));
            run.Clear();
        }
    }

    public StoredObject? Find(ObjectKey key) => Of(key.Resource).Find(key.Namespace, key.Name);

    public IEnumerable<StoredObject> List(string resource, string? ns = null, (string Namespace, string Name)? after = null) => Of(resource).From(ns, after);

    public int Count(string resource, string? ns = null) => ns is null ? Of(resource).Count : Of(resource).CountIn(ns);

    public StoreSnapshot With(StoredObject o) => new(o.Revision, _resources.SetItem(o.Key.Resource, Of(o.Key.Resource).With(o)));

    public StoreSnapshot Without(ObjectKey key, long revision)
    {
        var rest = Of(key.Resource).Without(key.Namespace, key.Name);
        return new(revision, rest.Count == 0 ? _resources.Remove(key.Resource) : _resources.SetItem(key.Resource, rest));
    }

    /// <summary>This resource alone, labelled with another revision; <see cref="RevisionState"/> undoes changes on it.</summary>
    public StoreSnapshot Only(string resource, long revision) => new(revision, Empty._resources.SetItem(resource, Of(resource)));

    public StoreSnapshot At(long revision) => new(revision, _resources);

    private SortedObjects Of(string resource) => _resources.GetValueOrDefault(resource, SortedObjects.Empty);
}
