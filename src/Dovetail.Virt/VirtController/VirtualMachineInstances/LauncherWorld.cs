using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Caches;
using k8s.Models;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>What is known of VMIs, their pods and the nodes.</summary>
public sealed class LauncherWorld(IResourceCache<VirtualMachineInstance> vmis, IResourceCache<V1Pod> pods, IResourceCache<V1Node> nodes)
{
    private const string KvmDevice = "devices.kubevirt.io/kvm";

    public IResourceCache<VirtualMachineInstance> Vmis => vmis;

    public IResourceCache<V1Pod> Pods => pods;

    /// <summary>The launcher pod of a VMI; one that lives goes before one that has ended.</summary>
    public V1Pod? PodOf(VirtualMachineInstance vmi) =>
        pods.OwnedBy(vmi.Metadata.Uid)
            .Where(pod => pod.Metadata.Labels?.TryGetValue(KubeVirtLabels.App, out var app) == true && app == KubeVirtLabels.Launcher)
            .OrderBy(LauncherPodState.IsTerminal)
            .ThenByDescending(pod => pod.Metadata.CreationTimestamp)
            .FirstOrDefault();

    public KvmOnNodes Kvm()
    {
        var handled = nodes.List().Where(IsHandled).ToList();
        return handled.Count == 0 ? KvmOnNodes.Unknown : handled.Exists(HasKvm) ? KvmOnNodes.Some : KvmOnNodes.None;
    }

    /// <summary>A virt-handler has published its labels on the node.</summary>
    public static bool IsHandled(V1Node node) => node.Metadata.Labels?.ContainsKey(KubeVirtLabels.Schedulable) == true;

    private static bool HasKvm(V1Node node) => node.Status?.Allocatable is { } offered && offered.TryGetValue(KvmDevice, out var count) && count.ToDecimal() > 0;
}
