using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Virt.Tests.VirtHandler.Real;

/// <summary>An API that holds one VMI and takes events: enough for virt-handler.</summary>
internal sealed class OneVmiApi(string vmi) : IKubeApi
{
    private readonly Lock gate = new();
    private readonly List<Channel<VirtualMachineInstance>> watches = [];
    private JsonObject stored = (JsonObject)JsonNode.Parse(vmi)!;
    private long revision = 1;

    public ConcurrentQueue<Corev1Event> Events { get; } = new();

    public VirtualMachineInstance Vmi
    {
        get
        {
            lock (gate) return Current();
        }
    }

    public void Change(Action<JsonObject> change)
    {
        lock (gate)
        {
            change(stored);
            revision++;
            foreach (var watch in watches) watch.Writer.TryWrite(Current());
        }
    }

    public async Task<VirtualMachineInstance> UntilAsync(Func<VirtualMachineInstance, bool> wanted)
    {
        var watch = Channel.CreateUnbounded<VirtualMachineInstance>();
        lock (gate)
        {
            watches.Add(watch);
            watch.Writer.TryWrite(Current());
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        try
        {
            await foreach (var seen in watch.Reader.ReadAllAsync(patience.Token))
            {
                if (wanted(seen)) return seen;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"the VMI's last status is {stored["status"]}");
        }
        finally
        {
            lock (gate) watches.Remove(watch);
        }

        throw new InvalidOperationException();
    }

    public Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => Task.FromResult<T?>(null);

    public Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string ns, ListOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate) return Task.FromResult(new KubeList<T>(Revision, [(T)(object)Current()]));
    }

    public async IAsyncEnumerable<KubeEvent<T>> WatchAsync<T>(ResourceType<T> type, string ns, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var watch = Channel.CreateUnbounded<VirtualMachineInstance>();
        lock (gate)
        {
            watches.Add(watch);
            watch.Writer.TryWrite(Current());
        }

        await foreach (var seen in watch.Reader.ReadAllAsync(ct)) yield return new(ObjectEventType.Modified, (T)(object)seen, seen.Metadata.ResourceVersion);
    }

    public Task<T> CreateAsync<T>(ResourceType<T> type, T obj, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        Events.Enqueue((Corev1Event)(object)obj);
        return Task.FromResult(obj);
    }

    public Task<T> ReplaceAsync<T>(ResourceType<T> type, T obj, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> PatchAsync<T>(ResourceType<T> type, string ns, string name, PatchType patchType, ReadOnlyMemory<byte> patch, WriteOptions options, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (typeof(T) != typeof(VirtualMachineInstance)) return Task.FromResult<T>(null!);
        Change(vmi =>
        {
            foreach (var operation in JsonNode.Parse(patch.Span)!.AsArray())
            {
                var path = operation!["path"]!.GetValue<string>().Split('/')[1..];
                var parent = path.Length == 1 ? vmi : vmi[path[0]]!.AsObject();
                switch (operation["op"]!.GetValue<string>())
                {
                    case "add": parent[path[^1]] = operation["value"]!.DeepClone(); break;
                    case "remove": parent.Remove(path[^1]); break;
                    case "test": JsonNode.DeepEquals(parent[path[^1]], operation["value"]).ShouldBeTrue(); break;
                    default: throw new NotSupportedException(operation.ToJsonString());
                }
            }
        });
        lock (gate) return Task.FromResult((T)(object)Current());
    }

    public Task DeleteAsync<T>(ResourceType<T> type, string ns, string name, DeleteOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task CreateSubresourceAsync<T>(ResourceType<T> type, string ns, string name, string subresource, ReadOnlyMemory<byte> body, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    private string Revision => revision.ToString(CultureInfo.InvariantCulture);

    private VirtualMachineInstance Current()
    {
        stored["metadata"]!["resourceVersion"] = Revision;
        return stored.Deserialize(KubeVirtTypes.VirtualMachineInstances.Json)!;
    }
}
