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

/// <summary>The built-in controllers together, over the real registry and the memory store.</summary>
public sealed class EmbeddedControllersTests : IAsyncLifetime
{
    private readonly CancellationTokenSource stop = new();
    private readonly EmbeddedKubeApi api;
    private Task running = Task.CompletedTask;
    private volatile bool healthy = true;

    public EmbeddedControllersTests()
    {
        var registry = new ObjectRegistry(new ObjectRegistryOptions { Store = new MemoryRevisionStore(), Time = TimeProvider.System });
        api = new EmbeddedKubeApi(registry, UserInfo.Component("tests"), new ParsedRevisions());
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var random = new Random(1);
        var caches = new SharedCaches(api, TimeProvider.System, random, NullLogger<SharedCaches>.Instance);
        var component = Component.OfKubeVirt("virt-api", ComponentKind.Deployment, "dovetail:test", _ => Task.FromResult(ComponentCounts.One(healthy)));
        var controllers = new WorkloadControllers(api, caches, TimeProvider.System, random, NullLoggerFactory.Instance).Create([component]);
        await PlatformNamespaces.EnsureAsync(api, Ct);
        running = new ControllerHost(caches, controllers, null, TimeProvider.System, random, NullLogger<ControllerHost>.Instance).RunAsync(stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    [Fact]
    public async Task A_deleted_namespace_is_emptied_and_goes()
    {
        await api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = "demo" } }, Ct);
        await api.CreateAsync(BuiltInTypes.ConfigMaps, Map("a", "demo"), Ct);
        await api.DeleteAsync(BuiltInTypes.Namespaces, "", "demo", new DeleteOptions(), Ct);
        await UntilAsync(BuiltInTypes.Namespaces, "", "demo", ns => ns is null);
        (await api.FindAsync(BuiltInTypes.ConfigMaps, "demo", "a", Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Dependents_follow_their_owner()
    {
        var owner = await api.CreateAsync(BuiltInTypes.ConfigMaps, Map("owner", "default"), Ct);
        var dependent = Map("dependent", "default");
        dependent.Metadata.OwnerReferences = [BuiltInTypes.ConfigMaps.ControllerReference(owner)];
        await api.CreateAsync(BuiltInTypes.ConfigMaps, dependent, Ct);
        await api.DeleteAsync(BuiltInTypes.ConfigMaps, "default", "owner", new DeleteOptions { PropagationPolicy = "Background" }, Ct);
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "dependent", map => map is null);
    }

    [Fact]
    public async Task A_foreground_deletion_takes_the_dependents_first()
    {
        var owner = await api.CreateAsync(BuiltInTypes.ConfigMaps, Map("owner", "default"), Ct);
        var dependent = Map("dependent", "default");
        dependent.Metadata.OwnerReferences = [BuiltInTypes.ConfigMaps.ControllerReference(owner)];
        await api.CreateAsync(BuiltInTypes.ConfigMaps, dependent, Ct);
        await api.DeleteAsync(BuiltInTypes.ConfigMaps, "default", "owner", new DeleteOptions { PropagationPolicy = "Foreground" }, Ct);
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "owner", map => map is null);
        (await api.FindAsync(BuiltInTypes.ConfigMaps, "default", "dependent", Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task An_orphaning_deletion_leaves_the_dependents_without_their_owner()
    {
        var owner = await api.CreateAsync(BuiltInTypes.ConfigMaps, Map("owner", "default"), Ct);
        var dependent = Map("dependent", "default");
        dependent.Metadata.OwnerReferences = [BuiltInTypes.ConfigMaps.ControllerReference(owner)];
        await api.CreateAsync(BuiltInTypes.ConfigMaps, dependent, Ct);
        await api.DeleteAsync(BuiltInTypes.ConfigMaps, "default", "owner", new DeleteOptions { PropagationPolicy = "Orphan" }, Ct);
        await UntilAsync(BuiltInTypes.ConfigMaps, "default", "owner", map => map is null);
        (await api.FindAsync(BuiltInTypes.ConfigMaps, "default", "dependent", Ct))!.Metadata.OwnerReferences.ShouldBeNull();
    }

    [Fact]
    public async Task A_pod_waits_with_its_reason_until_a_node_can_take_it()
    {
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "p" },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Image = "i" }] },
        };
        await api.CreateAsync(BuiltInTypes.Pods, pod, Ct);
        await UntilAsync(BuiltInTypes.Pods, "default", "p", found => found?.Status?.Conditions?.Any(c => c is { Type: "PodScheduled", Reason: "Unschedulable", Message: "no nodes available to schedule pods" }) == true);
        var node = await api.CreateAsync(BuiltInTypes.Nodes, new V1Node { Metadata = new V1ObjectMeta { Name = "n" } }, Ct);
        var ready = BuiltInTypes.Nodes.Copy(node);
        ready.Status = new V1NodeStatus
        {
            Allocatable = new Dictionary<string, ResourceQuantity> { ["pods"] = new("10") },
            Conditions = [new V1NodeCondition { Type = "Ready", Status = "True" }],
        };
        await api.ReplaceAsync(BuiltInTypes.Nodes, ready, "status", Ct);
        await UntilAsync(BuiltInTypes.Pods, "default", "p", found => found?.Spec.NodeName == "n");
    }

    [Fact]
    public async Task A_part_that_stops_answering_is_no_longer_counted_and_counted_again_when_it_is_back()
    {
        await UntilAsync(BuiltInTypes.Deployments, "openshift-cnv", "virt-api", found => found?.Status?.ReadyReplicas == 1);
        healthy = false;
        await UntilAsync(BuiltInTypes.Deployments, "openshift-cnv", "virt-api", found => found?.Status is { } status && status.ReadyReplicas is null or 0);
        healthy = true;
        await UntilAsync(BuiltInTypes.Deployments, "openshift-cnv", "virt-api", found => found?.Status?.ReadyReplicas == 1);
    }

    /// <summary>Looks at every change of the object until it is as wanted.</summary>
    private async Task UntilAsync<T>(ResourceType<T> type, string ns, string name, Func<T?, bool> wanted)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        var list = await api.ListAsync(type, ns, new ListOptions(), limit.Token);
        if (wanted(list.Items.FirstOrDefault(item => item.Metadata.Name == name))) return;
        await foreach (var change in api.WatchAsync(type, ns, new WatchOptions { ResourceVersion = list.ResourceVersion }, limit.Token))
            if (change.Object is { } obj && obj.Metadata.Name == name && wanted(change.Type == ObjectEventType.Deleted ? null : obj))
                return;
    }

    private static V1ConfigMap Map(string name, string ns) => new() { Metadata = new V1ObjectMeta { NamespaceProperty = ns, Name = name } };
}
