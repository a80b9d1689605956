using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using Dovetail.Workloads.Components;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Workloads.Tests;

/// <summary>The built-in controllers at their own pace over the real registry and the memory store.</summary>
public abstract class ControllersWorld : IAsyncLifetime
{
    private readonly CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;

    protected ControllersWorld()
    {
        var registry = new ObjectRegistry(new ObjectRegistryOptions { Store = new MemoryRevisionStore(), Time = TimeProvider.System });
        Api = new EmbeddedKubeApi(registry, UserInfo.Component("tests"), new ParsedRevisions());
    }

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected EmbeddedKubeApi Api { get; }

    public async ValueTask InitializeAsync()
    {
        var random = new Random(1);
        var caches = new SharedCaches(Api, TimeProvider.System, random, NullLogger<SharedCaches>.Instance);
        var controllers = new WorkloadControllers(Api, caches, TimeProvider.System, random, NullLoggerFactory.Instance).Create([]);
        await PlatformNamespaces.EnsureAsync(Api, Ct);
        running = new ControllerHost(caches, controllers, null, TimeProvider.System, random, NullLogger<ControllerHost>.Instance).RunAsync(stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Looks at every change of the object until it is as wanted.</summary>
    protected async Task UntilAsync<T>(ResourceType<T> type, string ns, string name, Func<T?, bool> wanted)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var list = await Api.ListAsync(type, ns, new ListOptions(), limit.Token);
        if (wanted(list.Items.FirstOrDefault(item => item.Metadata.Name == name))) return;
        await foreach (var change in Api.WatchAsync(type, ns, new WatchOptions { ResourceVersion = list.ResourceVersion }, limit.Token))
            if (change.Object is { } obj && obj.Metadata.Name == name && wanted(change.Type == ObjectEventType.Deleted ? null : obj))
                return;
    }

    protected Task<V1Namespace> NamespaceAsync(string name) => Api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, Ct);

    protected Task<V1ConfigMap> MapAsync(string ns, string name, params V1OwnerReference[] owners) => Api.CreateAsync(
        BuiltInTypes.ConfigMaps, new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = ns, Name = name, OwnerReferences = owners.Length == 0 ? null : owners } }, Ct);

    protected static V1OwnerReference OwnedBy(V1ConfigMap owner, bool blocks = true) =>
        new() { ApiVersion = "v1", Kind = "ConfigMap", Name = owner.Metadata.Name, Uid = owner.Metadata.Uid, BlockOwnerDeletion = blocks };
}
