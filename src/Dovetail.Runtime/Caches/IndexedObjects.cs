using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Caches;

/// <summary>The objects of one kind by name and by index. Not safe for use from several threads: the informer guards it.</summary>
internal sealed class IndexedObjects<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Dictionary<NamespacedName, T> objects = [];
    private readonly Dictionary<string, Index> indexes = [];
    private T[]? ordered;

    public IndexedObjects()
    {
        AddIndex(CacheIndex.Uid, static obj => [obj.Metadata.Uid ?? ""]);
        AddIndex(CacheIndex.OwnerUid, static obj => obj.Metadata.OwnerReferences?.Select(owner => owner.Uid) ?? []);
    }

    public IReadOnlyCollection<NamespacedName> Names => objects.Keys;

    public T? Find(NamespacedName name) => objects.GetValueOrDefault(name);

    public IReadOnlyList<T> Ordered() => ordered ??= Sorted(objects.Values);

    public IReadOnlyList<T> Ordered(string ns) => [.. Ordered().Where(obj => (obj.Metadata.NamespaceProperty ?? "") == ns)];

    public IReadOnlyList<T> ByIndex(string index, string key)
    {
        if (!indexes.TryGetValue(index, out var found)) throw new ArgumentException($"there is no index {index}", nameof(index));
        return found.Entries.TryGetValue(key, out var names) ? Sorted(names.Select(name => objects[name])) : [];
    }

    public void AddIndex(string name, Func<T, IEnumerable<string>> keys)
    {
        var index = new Index(keys, []);
        foreach (var (objectName, obj) in objects) index.Add(objectName, obj);
        indexes[name] = index;
    }

    /// <summary>Puts the object in (null: takes it out) and returns what was there.</summary>
    public T? Set(NamespacedName name, T? obj)
    {
        ordered = null;
        var old = objects.GetValueOrDefault(name);
        if (old is not null)
            foreach (var index in indexes.Values) index.Remove(name, old);
        if (obj is null)
        {
            objects.Remove(name);
            return old;
        }

        objects[name] = obj;
        foreach (var index in indexes.Values) index.Add(name, obj);
        return old;
    }

    private static T[] Sorted(IEnumerable<T> unordered) =>
    [
        .. unordered.OrderBy(obj => obj.Metadata.NamespaceProperty ?? "", StringComparer.Ordinal).ThenBy(obj => obj.Metadata.Name, StringComparer.Ordinal),
    ];

    private sealed record Index(Func<T, IEnumerable<string>> Keys, Dictionary<string, HashSet<NamespacedName>> Entries)
    {
        public void Add(NamespacedName name, T obj)
        {
            foreach (var key in Keys(obj))
            {
                if (!Entries.TryGetValue(key, out var names)) Entries.Add(key, names = []);
                names.Add(name);
            }
        }

        public void Remove(NamespacedName name, T obj)
        {
            foreach (var key in Keys(obj))
                if (Entries.TryGetValue(key, out var names) && names.Remove(name) && names.Count == 0)
                    Entries.Remove(key);
        }
    }
}
