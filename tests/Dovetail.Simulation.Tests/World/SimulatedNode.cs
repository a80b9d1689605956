using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using Dovetail.Virt;
using Dovetail.Workloads.NodeLifecycle;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Simulation.Tests.World;

/// <summary>The agents of the one node, as one process; started anew after each of its deaths.</summary>
public sealed class SimulatedNode(IKubeApi api, NodeMachine machine, TimeProvider time, Random random, bool forgetsOrder)
{
    public const string Name = "sim-node";
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken ct)
    {
        var caches = new SharedCaches(api, time, random, NullLogger<SharedCaches>.Instance);
        var pods = caches.For(BuiltInTypes.Pods);
        var vmis = caches.For(KubeVirtTypes.VirtualMachineInstances);
        var agent = New("pods", new PodAgent(api, pods, machine, time, random, forgetsOrder)).Watch(pods, pod => [NamespacedName.Of(pod)]);
        var handler = New("guests", new HandlerAgent(api, vmis, machine, time)).Watch(vmis, vmi => [NamespacedName.Of(vmi)]).Reads(pods);
        foreach (var sandbox in machine.Sandboxes) Touch(sandbox);
        machine.Changed = Touch;
        var beating = BeatAsync(ct);
        await new ControllerHost(caches, [agent, handler], null, time, random, NullLogger<ControllerHost>.Instance).RunAsync(ct);
        await beating;

        void Touch(Sandbox sandbox)
        {
            agent.Queue.Add(sandbox.Pod);
            handler.Queue.Add(sandbox.Vmi);
        }
    }

    private Controller<NamespacedName> New(string name, IReconciler<NamespacedName> reconciler) =>
        new(name, reconciler, new ControllerOptions { Workers = 3, RecheckAll = TimeSpan.FromSeconds(30) }, time, random, NullLogger.Instance);

    private async Task BeatAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await RegisterAsync(ct);
            }
            catch (StatusException)
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
            var amounts = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("64"), ["memory"] = new("256Gi"), ["pods"] = new("110"), ["ephemeral-storage"] = new("1Ti"), ["devices.kubevirt.io/kvm"] = new("1k"), ["devices.kubevirt.io/tun"] = new("1k"), ["devices.kubevirt.io/vhost-net"] = new("1k") };
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
        Metadata = new V1ObjectMeta { Name = Name, Labels = new Dictionary<string, string> { [KubeVirtLabels.Schedulable] = "true" } },
    };
}
