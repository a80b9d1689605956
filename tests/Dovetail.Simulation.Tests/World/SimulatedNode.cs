using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Virt;
using Dovetail.Virt.VirtHandler;
using Dovetail.Workloads.NodeLifecycle;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Simulation.Tests.World;

/// <summary>The processes of the one node; each is started anew after each of its deaths.</summary>
internal sealed class SimulatedNode(IKubeApi api, NodeMachine machine, TimeProvider time, Random random)
{
    public const string Name = "sim-node";
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>The node agent: heartbeats and pods.</summary>
    public async Task RunAgentAsync(bool forgetsOrder, CancellationToken ct)
    {
        var options = new InformerOptions { FieldSelector = $"spec.nodeName={Name}" };
        var pods = new Informer<V1Pod>(api, BuiltInTypes.Pods, options, time, random, NullLogger.Instance);
        var agent = New("pods", new NodeAgent(api, pods, machine, time, random, forgetsOrder)).Watch(pods, pod => [pod.Metadata.Uid]);
        machine.Exited = sandbox => agent.Queue.Add(sandbox.PodUid);
        foreach (var sandbox in machine.Sandboxes) agent.Queue.Add(sandbox.PodUid);
        await Task.WhenAll(pods.RunAsync(ct), agent.RunAsync(ct), BeatAsync(ct));
    }

    /// <summary>virt-handler: the real reconciler over the machine's launchers.</summary>
    public async Task RunHandlerAsync(CancellationToken ct)
    {
        var options = new InformerOptions { LabelSelector = $"{KubeVirtLabels.NodeName}={Name}" };
        var vmis = new Informer<VirtualMachineInstance>(api, KubeVirtTypes.VirtualMachineInstances, options, time, random, NullLogger.Instance);
        var launchers = new MachineLaunchers(machine, time, random);
        var settings = new VirtHandlerOptions { NodeName = Name, UseKvm = true, LauncherSocket = _ => "" };
        var world = new VmiWorld(api, launchers, new MachineNetworks(), settings, time);
        var events = new EventRecorder(api, "virt-handler", Name, time, NullLogger.Instance);
        var controller = New("guests", new VmiReconciler(api, vmis, world, events, NullLogger<VmiReconciler>.Instance)).Watch(vmis, vmi => [NamespacedName.Of(vmi)]);
        launchers.Changed = controller.Queue.Add;
        machine.LauncherChanged = launchers.Hear;
        await Task.WhenAll(vmis.RunAsync(ct), controller.RunAsync(ct));
    }

    private Controller<TKey> New<TKey>(string name, IReconciler<TKey> reconciler)
        where TKey : notnull => new(name, reconciler, new ControllerOptions { Workers = 3, RecheckAll = TimeSpan.FromMinutes(1) }, time, random, NullLogger.Instance);

    private async Task BeatAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await RegisterAsync(ct);
            }
            catch (Exception failure) when (failure is StatusException or HttpRequestException)
            {
                // The next beat tries again.
            }

            await Task.Delay(Heartbeat, time, ct);
        }
    }

    private async Task RegisterAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var node = await api.FindAsync(BuiltInTypes.Nodes, "", Name, ct) ?? await api.CreateAsync(BuiltInTypes.Nodes, NewNode(), ct);
        if (node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) != true)
        {
            var ready = BuiltInTypes.Nodes.Copy(node);
            var amounts = new Dictionary<string, ResourceQuantity>
            {
                ["cpu"] = new("64"), ["memory"] = new("256Gi"), ["pods"] = new("110"), ["ephemeral-storage"] = new("1Ti"),
                ["devices.kubevirt.io/kvm"] = new("1k"), ["devices.kubevirt.io/tun"] = new("1k"), ["devices.kubevirt.io/vhost-net"] = new("1k"),
            };
            ready.Status = new V1NodeStatus
            {
                Capacity = amounts,
                Allocatable = amounts,
                Conditions = [new V1NodeCondition { Type = "Ready", Status = "True", Reason = "KubeletReady", LastHeartbeatTime = now, LastTransitionTime = now }],
            };
            await api.ReplaceAsync(BuiltInTypes.Nodes, ready, "status", ct);
        }

        var lease = await api.FindAsync(BuiltInTypes.Leases, NodeLifecycleReconciler.LeaseNamespace, Name, ct);
        var beat = new V1LeaseSpec { HolderIdentity = Name, LeaseDurationSeconds = 40, RenewTime = now };
        if (lease is null)
        {
            await api.CreateAsync(BuiltInTypes.Leases, new V1Lease { Metadata = new V1ObjectMeta { NamespaceProperty = NodeLifecycleReconciler.LeaseNamespace, Name = Name }, Spec = beat }, ct);
            return;
        }

        var renewed = BuiltInTypes.Leases.Copy(lease);
        renewed.Spec = beat;
        await api.ReplaceAsync(BuiltInTypes.Leases, renewed, "", ct);
    }

    private static V1Node NewNode() => new()
    {
        Metadata = new V1ObjectMeta { Name = Name, Labels = new Dictionary<string, string> { [KubeVirtLabels.Schedulable] = "true", ["kubernetes.io/arch"] = "amd64" } },
    };
}
