using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtController.Nodes;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using Dovetail.Virt.VirtController.VirtualMachines;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtController;

/// <summary>virt-controller: VirtualMachines, VirtualMachineInstances and the heartbeats of nodes. Run what it gives in a <see cref="ControllerHost"/> with the same caches.</summary>
public sealed class VirtControllers(IKubeApi api, SharedCaches caches, TimeProvider time, Random random, ILoggerFactory loggers)
{
    /// <summary>Under this name its writes show in managedFields, apart from what users apply.</summary>
    public const string FieldManager = "virt-controller";

    private readonly VirtControllerClock clock = new(time, random);

    /// <summary>Call before the caches are started.</summary>
    public ImmutableArray<IRunnable> Create(LauncherPodOptions launcher)
    {
        var vms = caches.For(KubeVirtTypes.VirtualMachines);
        var vmis = caches.For(KubeVirtTypes.VirtualMachineInstances);
        var pods = caches.For(BuiltInTypes.Pods);
        var nodes = caches.For(BuiltInTypes.Nodes);
        vmis.AddIndex(NodeReconciler.ByNode, NodeReconciler.NodeOf);
        var world = new LauncherWorld(vmis, pods, nodes);
        return [VirtualMachines(vms, vmis), Instances(world, nodes, launcher), Nodes(world, nodes)];
    }

    private Controller<NamespacedName> VirtualMachines(IResourceCache<VirtualMachine> vms, IResourceCache<VirtualMachineInstance> vmis) =>
        New("virtualmachine-controller", new VmReconciler(api, vms, vmis, Events("virtualmachine-controller"), clock, loggers.CreateLogger<VmReconciler>()))
            .Watch(vms, Itself)
            // A VMI has its VM's name; one that is not the VM's own stands in its way and concerns it too.
            .Watch(vmis, Itself);

    private Controller<NamespacedName> Instances(LauncherWorld world, IResourceCache<V1Node> nodes, LauncherPodOptions launcher) =>
        New("virtualmachineinstance-controller", new VmiReconciler(api, world, Events("virtualmachine-controller"), clock, launcher, loggers.CreateLogger<VmiReconciler>()))
            .Watch(world.Vmis, Itself)
            .Watch(world.Pods, pod => Owners.Controller(pod) is { Kind: nameof(VirtualMachineInstance) } vmi ? [new NamespacedName(pod.Metadata.NamespaceProperty, vmi.Name)] : [])
            // VMIs without a pod may wait for the first node.
            .Watch(nodes, node => LauncherWorld.IsHandled(node) ? WithoutPod(world.Vmis) : []);

    private Controller<NamespacedName> Nodes(LauncherWorld world, IResourceCache<V1Node> nodes) =>
        New("node-controller", new NodeReconciler(api, nodes, world, Events("node-controller"), clock, loggers.CreateLogger<NodeReconciler>()))
            .Watch(nodes, Itself)
            .Reads(world.Vmis)
            .Reads(world.Pods);

    private static IEnumerable<NamespacedName> WithoutPod(IResourceCache<VirtualMachineInstance> vmis) =>
        vmis.List().Where(vmi => vmi.Status?.Phase is null or VmiPhases.Unset or VmiPhases.Pending).Select(NamespacedName.Of);

    private EventRecorder Events(string component) => new(api, component, "", time, loggers.CreateLogger<EventRecorder>());

    private Controller<NamespacedName> New(string name, IReconciler<NamespacedName> reconciler) =>
        new(name, reconciler, new ControllerOptions { Workers = 4 }, time, random, loggers.CreateLogger($"Dovetail.Virt.{name}"));

    private static IEnumerable<NamespacedName> Itself(IKubernetesObject<V1ObjectMeta> obj) => [NamespacedName.Of(obj)];
}
