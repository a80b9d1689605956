using System.Text.Json.Serialization.Metadata;
using Dovetail.Machinery.Endpoints;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Seam;

/// <summary>A kind that the seam can carry: where it is served and how it is (de)serialised without reflection.</summary>
public sealed record ResourceType<T>(string Group, string Version, string Kind, string Plural, bool Namespaced, JsonTypeInfo<T> Json)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>A list at one revision.</summary>
public sealed record KubeList<T>(string ResourceVersion, IReadOnlyList<T> Items);

/// <summary>One change seen by a watch. A bookmark carries no object.</summary>
public readonly record struct KubeEvent<T>(ObjectEventType Type, T? Object, string ResourceVersion);

/// <summary>
/// The one seam to the Kubernetes API. Two engines implement it: one over HTTPS (a cluster, or another process of ours) and one in the server's own process, on the store.
/// Refusals are <see cref="Dovetail.Machinery.Errors.StatusException"/>. Objects that come from here are shared: change a copy, never the object itself.
/// </summary>
public interface IKubeApi
{
    /// <summary>The object, or null when there is none.</summary>
    Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string ns, ListOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    IAsyncEnumerable<KubeEvent<T>> WatchAsync<T>(ResourceType<T> type, string ns, WatchOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    Task<T> CreateAsync<T>(ResourceType<T> type, T obj, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Posts to one part of an object, e.g. a <c>Binding</c> to a pod's <c>binding</c>.</summary>
    Task CreateSubresourceAsync<T>(ResourceType<T> type, string ns, string name, string subresource, ReadOnlyMemory<byte> body, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Replaces the object (<paramref name="subresource"/> "") or one part of it ("status"); a stale resourceVersion is refused with 409 Conflict.</summary>
    Task<T> ReplaceAsync<T>(ResourceType<T> type, T obj, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    Task<T> PatchAsync<T>(ResourceType<T> type, string ns, string name, PatchType patchType, ReadOnlyMemory<byte> patch, WriteOptions options, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Deletes; an object that is not there is no error.</summary>
    Task DeleteAsync<T>(ResourceType<T> type, string ns, string name, DeleteOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}
