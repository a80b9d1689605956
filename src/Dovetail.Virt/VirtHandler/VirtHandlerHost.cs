using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler.Launchers;
using Dovetail.Virt.VirtHandler.Network;
using Dovetail.Virt.VirtHandler.Rest;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtHandler;

/// <summary>
/// virt-handler: looks after the guests of one node. It keeps nothing: after a restart it finds the launchers by their sockets, connects again and goes on.
/// Disposing it closes connections and DHCP sockets; guests go on.
/// </summary>
public sealed class VirtHandlerHost : IRunnable, IAsyncDisposable
{
    private readonly Informer<VirtualMachineInstance> vmis;
    private readonly Controller<NamespacedName> controller;
    private readonly UnixLaunchers launchers;
    private readonly PodNetworks networks;
    private readonly VirtHandlerRest rest;

    public VirtHandlerHost(IKubeApi api, VirtHandlerOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        vmis = new(api, KubeVirtTypes.VirtualMachineInstances, new() { LabelSelector = $"{KubeVirtLabels.NodeName}={options.NodeName}" }, time, random, loggers.CreateLogger<Informer<VirtualMachineInstance>>());
        launchers = new(options.LauncherSocket, time);
        networks = new(options.GuestDns);
        var world = new VmiWorld(api, launchers, networks, options, time);
        var events = new EventRecorder(api, "virt-handler", options.NodeName, time, loggers.CreateLogger<EventRecorder>());
        var reconciler = new VmiReconciler(api, vmis, world, events, loggers.CreateLogger<VmiReconciler>());
        controller = new("virt-handler", reconciler, new() { Workers = 8, RecheckAll = TimeSpan.FromMinutes(1) }, time, random, loggers.CreateLogger<VirtHandlerHost>());
        controller.Watch(vmis, vmi => [NamespacedName.Of(vmi)]);
        launchers.Changed = controller.Queue.Add;
        rest = new(vmis, launchers, loggers.CreateLogger<VirtHandlerRest>());
    }

    public string Name => "virt-handler";

    /// <summary>Guests are known: the first list of VMIs is in.</summary>
    public bool IsReady => vmis.HasSynced;

    public async Task RunAsync(CancellationToken ct)
    {
        var mirroring = vmis.RunAsync(ct);
        await controller.RunAsync(ct);
        await mirroring;
    }

    /// <summary>Serves <c>/v1/namespaces/{ns}/virtualmachineinstances/{name}/…</c> for virt-api. The host authenticates the caller and calls UseWebSockets first.</summary>
    public void Map(IEndpointRouteBuilder endpoints) => rest.Map(endpoints);

    public async ValueTask DisposeAsync()
    {
        networks.Dispose();
        await launchers.DisposeAsync();
    }
}
