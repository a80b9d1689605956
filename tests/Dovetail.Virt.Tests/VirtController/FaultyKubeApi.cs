using System.Text;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Virt.Tests.VirtController;

public enum WriteFault
{
    None,

    /// <summary>The first try of each write is refused with 500.</summary>
    Refused,

    /// <summary>The first try of each write is done, but the caller gets an error.</summary>
    AnswerLost,
}

/// <summary>An API on which each distinct write (verb, object, revision) goes wrong once.</summary>
internal sealed class FaultyKubeApi(IKubeApi inner, WriteFault fault) : IKubeApi
{
    private readonly Lock gate = new();
    private readonly HashSet<string> tried = [];

    public Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => inner.FindAsync(type, ns, name, ct);

    public Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string ns, ListOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => inner.ListAsync(type, ns, options, ct);

    public IAsyncEnumerable<KubeEvent<T>> WatchAsync<T>(ResourceType<T> type, string ns, WatchOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => inner.WatchAsync(type, ns, options, ct);

    public Task<T> CreateAsync<T>(ResourceType<T> type, T obj, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => OnceWrong($"create {type.Plural} {obj.Metadata.Name}", () => inner.CreateAsync(type, obj, ct));

    public Task CreateSubresourceAsync<T>(ResourceType<T> type, string ns, string name, string subresource, ReadOnlyMemory<byte> json, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => inner.CreateSubresourceAsync(type, ns, name, subresource, json, ct);

    public Task<T> ReplaceAsync<T>(ResourceType<T> type, T obj, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        OnceWrong($"replace {type.Plural} {obj.Metadata.Name} {subresource} {obj.Metadata.ResourceVersion}", () => inner.ReplaceAsync(type, obj, subresource, ct));

    public Task<T> PatchAsync<T>(ResourceType<T> type, string ns, string name, PatchType patchType, ReadOnlyMemory<byte> patch, WriteOptions options, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        OnceWrong($"patch {type.Plural} {name} {subresource} {Encoding.UTF8.GetString(patch.Span)}", () => inner.PatchAsync(type, ns, name, patchType, patch, options, subresource, ct));

    public async Task DeleteAsync<T>(ResourceType<T> type, string ns, string name, DeleteOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        await OnceWrong($"delete {type.Plural} {name} {options.PreconditionUid}", async () =>
        {
            await inner.DeleteAsync(type, ns, name, options, ct);
            return true;
        });

    private async Task<T> OnceWrong<T>(string write, Func<Task<T>> inner)
    {
        bool first;
        lock (gate) first = tried.Add(write);
        if (fault == WriteFault.None || !first) return await inner();
        if (fault == WriteFault.AnswerLost) await inner();
        throw new StatusException(new() { Code = 500, Reason = "InternalError", Message = $"injected: {write}" });
    }
}
