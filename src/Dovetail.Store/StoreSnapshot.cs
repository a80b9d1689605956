using System.Collections.Immutable;

namespace Dovetail.Store;

/// <summary>Every current object at one revision; each change makes another that shares nearly everything.</summary>
internal sealed class StoreSnapshot : IStoreSnapshot
{
    public static readonly StoreSnapshot Empty = new(0, ImmutableDictionary.Create<string, SortedObjects>(StringComparer.Ordinal));

    private readonly ImmutableDictionary<string, SortedObjects> _resources;

    private StoreSnapshot(long revision, ImmutableDictionary<string, SortedObjects> resources) => (Revision, _resources) = (revision, resources);

    public long Revision { get; }

    public static StoreSnapshot Containing(long revision, IEnumerable<StoredObject> objects)
    {
        var resources = objects.GroupBy(o => o.Key.Resource, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, SortedObjects.Containing([.. g])));
        return new(revision, Empty._resources.SetItems(resources));
    }

    public StoredObject? Find(ObjectKey key) => Of(key.Resource).Find(key.Namespace, key.Name);

    public IEnumerable<StoredObject> List(string resource, string? ns = null, (string Namespace, string Name)? after = null) => Of(resource).From(ns, after);

    public int Count(string resource, string? ns = null, (string Namespace, string Name)? after = null) => Of(resource).CountFrom(ns, after);

    public object ContentOf(string resource) => Of(resource);

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
