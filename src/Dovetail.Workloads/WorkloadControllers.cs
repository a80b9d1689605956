using System.Collections.Immutable;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Components;
using Dovetail.Workloads.EventExpiry;
using Dovetail.Workloads.Kinds;
using Dovetail.Workloads.Namespaces;
using Dovetail.Workloads.NodeLifecycle;
using Dovetail.Workloads.PodGc;
using Dovetail.Workloads.Scheduling;
using Dovetail.Workloads.StorageProtection;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads;

/// <summary>The controllers that a Kubernetes cluster has by itself, for the embedded engine; run them in a <see cref="ControllerHost"/> with the same caches.</summary>
public sealed class WorkloadControllers(IKubeApi api, SharedCaches caches, TimeProvider time, Random random, ILoggerFactory loggers)
{
    /// <summary>Everything, for all kinds that are served.</summary>
    public ImmutableArray<IRunnable> Create(ImmutableArray<Component> components) =>
        Create(components, new ServedKinds(caches.For(BuiltInTypes.CustomResourceDefinitions)));

    /// <summary>As <see cref="Create(ImmutableArray{Component})"/>, with garbage collection and emptying of namespaces kept to the given kinds.</summary>
    public ImmutableArray<IRunnable> Create(ImmutableArray<Component> components, IServedKinds kinds)
    {
        var pods = caches.For(BuiltInTypes.Pods);
        pods.AddIndex(PodScheduler.ByNode, PodScheduler.NodeOf);
        pods.AddIndex(ClaimProtection.ByClaim, pod => ClaimProtection.ClaimsOf(pod).Select(claim => claim.ToString()));
        var nodes = caches.For(BuiltInTypes.Nodes);
        var definitions = caches.For(BuiltInTypes.CustomResourceDefinitions);
        return
        [
            Scheduler(pods, nodes),
            Namespaces(kinds),
            new GarbageCollection.GarbageCollection(api, definitions, kinds, time, random, loggers.CreateLogger<GarbageCollection.GarbageCollection>()),
            NodeLifecycle(nodes, pods),
            PodGc(pods, nodes),
            .. Storage(pods),
            new EventExpiryLoop(api, time, loggers.CreateLogger<EventExpiryLoop>()),
            new ComponentStatusLoop(api, components, time, loggers.CreateLogger<ComponentStatusLoop>()),
        ];
    }

    private Controller<NamespacedName> Scheduler(IResourceCache<V1Pod> pods, IResourceCache<V1Node> nodes)
    {
        var events = new EventRecorder(api, PodScheduler.Component, "", time, loggers.CreateLogger<EventRecorder>());
        // One worker: placements are decided one after the other.
        return New("scheduler", new PodScheduler(api, pods, nodes, events, time), new ControllerOptions { Workers = 1 })
            .Watch(pods, pod => string.IsNullOrEmpty(pod.Spec?.NodeName) ? Itself(pod) : Leaves(pod) ? PodScheduler.Waiting(pods) : [])
            .Watch(nodes, _ => PodScheduler.Waiting(pods));
    }

    /// <summary>A placed pod that ends or goes makes room.</summary>
    private static bool Leaves(V1Pod pod) => pod.Metadata.DeletionTimestamp is not null || pod.Status?.Phase is "Succeeded" or "Failed";

    private Controller<NamespacedName> Namespaces(IServedKinds kinds)
    {
        var namespaces = caches.For(BuiltInTypes.Namespaces);
        return New("namespaces", new NamespaceReconciler(api, namespaces, kinds, time), new ControllerOptions { Workers = 10 }).Watch(namespaces, Itself).Reads(kinds);
    }

    private Controller<NamespacedName> NodeLifecycle(IResourceCache<V1Node> nodes, IResourceCache<V1Pod> pods)
    {
        var leases = caches.For(BuiltInTypes.Leases);
        var events = new EventRecorder(api, "node-controller", "", time, loggers.CreateLogger<EventRecorder>());
        return New("node-lifecycle", new NodeLifecycleReconciler(api, nodes, leases, pods, events, time), new ControllerOptions { Workers = 1 })
            .Watch(nodes, Itself)
            .Watch(leases, lease => lease.Metadata.NamespaceProperty == NodeLifecycleReconciler.LeaseNamespace ? [new NamespacedName("", lease.Metadata.Name)] : [])
            .Reads(pods);
    }

    private Controller<NamespacedName> PodGc(IResourceCache<V1Pod> pods, IResourceCache<V1Node> nodes) =>
        New("pod-gc", new PodGcReconciler(api, pods, nodes, time), new ControllerOptions { Workers = 1 })
            .Watch(pods, Itself)
            .Watch(nodes, node => pods.ByIndex(PodScheduler.ByNode, node.Metadata.Name).Select(NamespacedName.Of));

    private IEnumerable<IRunnable> Storage(IResourceCache<V1Pod> pods)
    {
        var claims = caches.For(BuiltInTypes.PersistentVolumeClaims);
        var volumes = caches.For(BuiltInTypes.PersistentVolumes);
        var classes = caches.For(BuiltInTypes.StorageClasses);
        yield return New("pvc-protection", new ClaimProtection(api, claims, pods), new ControllerOptions { Workers = 1 }).Watch(claims, Itself).Watch(pods, ClaimProtection.ClaimsOf);
        yield return New("pv-protection", new VolumeProtection(api, volumes), new ControllerOptions { Workers = 1 }).Watch(volumes, Itself);
        yield return New("late-storage-class", new LateStorageClass(api, claims, classes), new ControllerOptions { Workers = 1 })
            .Watch(claims, Itself)
            .Watch(classes, _ => claims.List().Select(NamespacedName.Of));
    }

    private Controller<NamespacedName> New(string name, IReconciler<NamespacedName> reconciler, ControllerOptions options) =>
        new(name, reconciler, options, time, random, loggers.CreateLogger($"Dovetail.Workloads.{name}"));

    private static IEnumerable<NamespacedName> Itself(IKubernetesObject<V1ObjectMeta> obj) => [NamespacedName.Of(obj)];
}
