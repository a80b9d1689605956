using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Runtime.Tests.Caches;

/// <summary>An API whose lists and watches a test plays by hand; it cannot be written to.</summary>
internal sealed class ScriptedKubeApi : IKubeApi
{
    private readonly Channel<Channel<object>> watches = Channel.CreateUnbounded<Channel<object>>();

    public Func<KubeList<V1Pod>> OnList { get; set; } = () => new("1", []);

    public List<string> WatchedFrom { get; } = [];

    public int Lists { get; private set; }

    /// <summary>The next watch that the code under test opens: write a KubeEvent or an exception to it, or complete it.</summary>
    public async Task<ChannelWriter<object>> NextWatchAsync() => (await watches.Reader.ReadAsync(TestContext.Current.CancellationToken)).Writer;

    public Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string ns, ListOptions options, CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        Lists++;
        var list = OnList();
        return Task.FromResult(new KubeList<T>(list.ResourceVersion, [.. list.Items.Cast<T>()]));
    }

    public async IAsyncEnumerable<KubeEvent<T>> WatchAsync<T>(ResourceType<T> type, string ns, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        WatchedFrom.Add(options.ResourceVersion);
        var script = Channel.CreateUnbounded<object>();
        watches.Writer.TryWrite(script).ShouldBeTrue();
        await foreach (var step in script.Reader.ReadAllAsync(ct))
            yield return step is Exception failure ? throw failure : (KubeEvent<T>)step;
    }

    public static StatusException Expired() => new(new ApiStatus { Code = 410, Reason = "Expired", Message = "too old" });

    public Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> CreateAsync<T>(ResourceType<T> type, T obj, CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task CreateSubresourceAsync<T>(ResourceType<T> type, string ns, string name, string subresource, ReadOnlyMemory<byte> body, CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> ReplaceAsync<T>(ResourceType<T> type, T obj, string subresource, CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> PatchAsync<T>(
        ResourceType<T> type, string ns, string name, PatchType patchType, ReadOnlyMemory<byte> patch, WriteOptions options, string subresource, CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task DeleteAsync<T>(ResourceType<T> type, string ns, string name, DeleteOptions options, CancellationToken ct)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();
}
