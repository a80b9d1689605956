using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Caches;

/// <summary>One change of the cache: created (<see cref="Old"/> null), changed, or gone (<see cref="New"/> null).</summary>
public readonly record struct CacheChange<T>(NamespacedName Name, T? Old, T? New)
    where T : class;

/// <summary>Something that mirrors a part of the API and knows when its first list is in.</summary>
public interface ICacheSync
{
    /// <summary>True once the first complete list is in the cache; it never becomes false again.</summary>
    bool HasSynced { get; }

    Task WaitForSyncAsync(CancellationToken ct);
}

/// <summary>
/// A mirror of all objects of one kind, kept by list and watch. Reads never wait and return shared objects: change a copy (<see cref="ResourceTypeExtensions.Copy"/>).
/// Safe for use from several threads.
/// </summary>
public interface IResourceCache<T> : ICacheSync
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    ResourceType<T> Type { get; }

    T? Find(string ns, string name);

    /// <summary>Everything, ordered by namespace and name.</summary>
    IReadOnlyList<T> List();

    IReadOnlyList<T> List(string ns);

    /// <summary>The objects for which the index function <paramref name="index"/> gave <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">There is no such index.</exception>
    IReadOnlyList<T> ByIndex(string index, string key);

    /// <summary>Adds an index; before the cache is started.</summary>
    void AddIndex(string index, Func<T, IEnumerable<string>> keys);

    /// <summary>Calls <paramref name="handler"/> after each change, in order, on the cache's own loop: it must be quick and must not throw.
    /// Objects that are already there are told as created first.</summary>
    void Subscribe(Action<CacheChange<T>> handler);

    /// <summary>Ends when the cache has seen everything up to this resourceVersion. After a write, wait for the version that the write returned,
    /// so that the next look does not decide on older facts.</summary>
    Task WaitForRevisionAsync(string resourceVersion, CancellationToken ct);
}

/// <summary>Indexes that every cache has.</summary>
public static class CacheIndex
{
    /// <summary>By the uid of each owner reference.</summary>
    public const string OwnerUid = "ownerUid";

    /// <summary>By the object's own uid.</summary>
    public const string Uid = "uid";

    /// <summary>The objects that name <paramref name="ownerUid"/> as an owner.</summary>
    public static IReadOnlyList<T> OwnedBy<T>(this IResourceCache<T> cache, string ownerUid)
        where T : class, IKubernetesObject<V1ObjectMeta> => cache.ByIndex(OwnerUid, ownerUid);

    public static T? FindByUid<T>(this IResourceCache<T> cache, string uid)
        where T : class, IKubernetesObject<V1ObjectMeta> => cache.ByIndex(Uid, uid) is [var only, ..] ? only : null;
}
