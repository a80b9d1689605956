using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Engines;

/// <summary>The seam inside the server's own process: calls pass the same authorisation, admission and validation as HTTP requests, without the HTTP.</summary>
/// <param name="objects">The API by bytes.</param>
/// <param name="user">Who calls; also the field manager of its writes (the part after the last colon).</param>
/// <param name="revisions">Shared by the components of one process, so that a revision is parsed once for all of them.</param>
public sealed class EmbeddedKubeApi(IObjectApi objects, UserInfo user, ParsedRevisions revisions) : IKubeApi
{
    private readonly WriteOptions write = new() { FieldManager = user.Name[(user.Name.LastIndexOf(':') + 1)..] };

    public async Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return revisions.Parse(type, await objects.GetAsync(Target(type, ns, name), "", ct));
        }
        catch (StatusException absent) when (absent.IsNotFound(name))
        {
            return null;
        }
    }

    public async Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string ns, ListOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var listing = await objects.ListAsync(Target(type, ns, ""), options, ct);
        var items = new T[listing.Items.Count];
        var count = 0;
        foreach (var item in listing.Items) items[count++] = revisions.Parse(type, item);
        return new KubeList<T>(Text(listing.Revision), items);
    }

    public async IAsyncEnumerable<KubeEvent<T>> WatchAsync<T>(ResourceType<T> type, string ns, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await foreach (var change in objects.WatchAsync(Target(type, ns, ""), options, ct))
            yield return new KubeEvent<T>(
                change.Type,
                change.Type == ObjectEventType.Bookmark ? null : revisions.Parse(type, change.Object),
                Text(change.Object.Revision));
    }

    public async Task<T> CreateAsync<T>(ResourceType<T> type, T obj, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var result = await objects.CreateAsync(Target(type, obj.Metadata.NamespaceProperty, ""), Bytes(type, obj), write, ct);
        return revisions.Parse(type, result.Object);
    }

    public async Task CreateSubresourceAsync<T>(ResourceType<T> type, string ns, string name, string subresource, ReadOnlyMemory<byte> body, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        await objects.CreateAsync(Target(type, ns, name, subresource), body, write, ct);

    public async Task<T> ReplaceAsync<T>(ResourceType<T> type, T obj, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var result = await objects.UpdateAsync(Target(type, obj.Metadata.NamespaceProperty, obj.Metadata.Name, subresource), Bytes(type, obj), write, ct);
        return revisions.Parse(type, result.Object);
    }

    public async Task<T> PatchAsync<T>(
        ResourceType<T> type, string ns, string name, PatchType patchType, ReadOnlyMemory<byte> patch, WriteOptions options, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var named = options.FieldManager.Length == 0 ? options with { FieldManager = write.FieldManager } : options;
        var result = await objects.PatchAsync(Target(type, ns, name, subresource), patchType, patch, named, ct);
        return revisions.Parse(type, result.Object);
    }

    public async Task DeleteAsync<T>(ResourceType<T> type, string ns, string name, DeleteOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            await objects.DeleteAsync(Target(type, ns, name), options, ct);
        }
        catch (StatusException absent) when (absent.IsNotFound(name))
        {
        }
    }

    private static byte[] Bytes<T>(ResourceType<T> type, T obj)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        obj.ApiVersion ??= type.ApiVersion;
        obj.Kind ??= type.Kind;
        return JsonSerializer.SerializeToUtf8Bytes(obj, type.Json);
    }

    private static string Text(long revision) => revision.ToString(CultureInfo.InvariantCulture);

    private ObjectTarget Target<T>(ResourceType<T> type, string? ns, string name, string subresource = "")
        where T : class, IKubernetesObject<V1ObjectMeta> => new()
        {
            User = user,
            Group = type.Group,
            Version = type.Version,
            Resource = type.Plural,
            Namespace = ns ?? "",
            Name = name,
            Subresource = subresource,
        };
}
