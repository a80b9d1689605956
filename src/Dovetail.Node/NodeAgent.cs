using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Dovetail.Node.Host;
using Dovetail.Node.Images;
using Dovetail.Node.Kubelet;
using Dovetail.Node.Kvm;
using Dovetail.Node.Network;
using Dovetail.Node.Network.Dns;
using Dovetail.Node.Parts;
using Dovetail.Node.Pods;
using Dovetail.Node.Registration;
using Dovetail.Node.Sandbox;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Queue;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node;

/// <summary>
/// The node agent: registers the node, realises launcher pods as sandboxes, keeps the pod network and the image cache. It can be killed at any moment; the next one finds everything.
/// Stopping it leaves guests alone; only <see cref="NodeTeardown"/> ends them.
/// </summary>
public sealed class NodeAgent : IRunnable, IDisposable
{
    private const double LowDiskShare = 0.15;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    // The API server starts beside the agent and answers a moment later.
    private static readonly RetryBackoff RegistrationBackoff = new() { First = TimeSpan.FromMilliseconds(20), Max = RetryInterval };
    private static readonly TimeSpan CollectInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UnusedImage = TimeSpan.FromDays(7);

    // Never younger ones: a pod that is just starting has its disk and no note of it yet.
    private static readonly TimeSpan FreshImage = TimeSpan.FromMinutes(10);

    private readonly NodeAgentOptions options;
    private readonly IKubeApi api;
    private readonly TimeProvider time;
    private readonly ILoggerFactory loggers;
    private readonly ILogger logger;
    private readonly Random random = new(RandomNumberGenerator.GetInt32(int.MaxValue));
    private readonly NodePaths paths;
    private readonly ProcessWatch watch = new();
    private readonly DescriptorWatch streams = new("container-streams");
    private readonly IPAddress address;
    private readonly NodeState state;

    // Another one each time that looking after the pods begins anew.
    private volatile Informer<V1Pod>? pods;

    /// <summary>Throws <see cref="ArgumentException"/> for options that cannot work.</summary>
    public NodeAgent(NodeAgentOptions options, IKubeApi api, TimeProvider time, ILoggerFactory loggers)
    {
        options.Validate();
        (this.options, this.api, this.time, this.loggers) = (options, api, time, loggers);
        logger = loggers.CreateLogger<NodeAgent>();
        paths = new NodePaths(options.InstanceId, options.DataDirectory);
        address = options.NodeAddress ?? DefaultAddress();
        state = new NodeState(options, time, address.ToString());
    }

    public string Name => "node agent";

    /// <summary>Where a launcher's socket is, by the pod's uid; what virt-handler is given.</summary>
    public Func<string, string> LauncherSocket => paths.LauncherSocket;

    /// <summary>Whether guests can use KVM; told once the probe has ended.</summary>
    public Task<KvmVerdict> Kvm => state.Kvm;

    /// <summary>The name server of this node's pods and guests; told once the pod network is there.</summary>
    public Task<IPAddress> GuestDns => state.GuestDns;

    /// <summary>containerd and the registry as they are now; empty when this agent runs none.</summary>
    public IReadOnlyList<PartHealth> Parts => state.Parts;

    /// <summary>Runs until cancelled; then the node is marked not ready.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var folder in new[] { paths.Pods, paths.RunPods, paths.Images, paths.Parts }) Directory.CreateDirectory(folder);
        var registrar = new NodeRegistrar(api, state.Facts);
        var probing = ProbeKvmAsync(ct);
        try
        {
            await TaskGroup.RunAsync(ct, token => RegisterAsync(registrar, token), token => KeepPodsAsync(probing, token), ServeKubeletAsync, RunPartsAsync);
        }
        finally
        {
            await SignOffAsync(registrar);
        }
    }

    public void Dispose()
    {
        watch.Dispose();
        streams.Dispose();
    }

    /// <summary>The source address towards the default route, which is this node's unless it is told another; no packet is sent.</summary>
    public static IPAddress DefaultAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(IPAddress.Parse("192.0.2.1"), 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return IPAddress.Loopback; // a machine without any network
        }
    }

    private async Task ServeKubeletAsync(CancellationToken ct)
    {
        if (options.Kubelet is not { } kubelet) return;
        var endpoint = new KubeletEndpoint(() => pods, [new LauncherStreams(paths, streams, time)], time, loggers.CreateLogger<KubeletEndpoint>());
        await new KubeletServer(kubelet, options.NodeName, address, api, endpoint, time, loggers).RunAsync(state.KubeletListens, ct);
    }

    /// <summary>Looks after the pods; what ends that (a disk that cannot be read, a bridge that was taken away) is told on the node, and it begins anew.</summary>
    private async Task KeepPodsAsync(Task probing, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await RunPodsAsync(probing, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                state.Pods(e.Message);
                logger.PodsFailed(e, options.NodeName);
            }

            await Task.Delay(RetryInterval, time, ct);
        }
    }

    private async Task RunPodsAsync(Task probing, CancellationToken ct)
    {
        var network = new PodNetwork(options.InstanceId, paths);
        await SetUpNetworkAsync(network, ct);
        var cgroups = new Cgroups(options.InstanceId);
        var sandboxes = new Sandboxes(paths, new SandboxView(paths), cgroups, watch, time);
        var records = new SandboxRecords(paths);
        var recorded = await new Sweep(paths, records, sandboxes, cgroups, network, logger).RunAsync(ct);
        using var http = RegistryHttp();
        var images = new ImageStore(paths, new RegistryClient(http), options.MaxImageBytes, time);
        images.Open();

        var cache = new Informer<V1Pod>(api, BuiltInTypes.Pods, new InformerOptions { FieldSelector = $"spec.nodeName={options.NodeName}" }, time, random, logger);
        pods = cache;
        var host = new SandboxHost(options, records, sandboxes, network, time);
        var reconciler = new PodReconciler(api, cache, host, new ImagePulls(images, time), state, new PodContext(time, logger, ct)) { Requeue = _ => { } };
        var controller = new Controller<string>("pods", reconciler, new ControllerOptions { Workers = 16, Backoff = new RetryBackoff { First = TimeSpan.FromMilliseconds(100) } }, time, random, logger);
        reconciler.Requeue = controller.Queue.Add;
        controller.Watch(cache, pod => [pod.Metadata.Uid]);

        // Pods that are on this host and in the API no more come from no cache.
        foreach (var uid in recorded) controller.Queue.Add(uid);
        state.Pods(null);
        var dns = new DnsForwarder(new IPEndPoint(network.Subnet.Gateway, 53), new ResolvConf("/etc/resolv.conf").Servers, time, logger);
        await TaskGroup.RunAsync(ct, cache.RunAsync, controller.RunAsync, dns.RunAsync, token => WarmAsync(new CapabilityCache(options, cgroups, watch, time), probing, token), token => CollectImagesAsync(images, records, token));
    }

    /// <summary>Disks that no sandbox has are kept for a week, or until the data folder's disk runs low.</summary>
    private async Task CollectImagesAsync(ImageStore images, SandboxRecords records, CancellationToken ct)
    {
        while (true)
        {
            var disk = new DriveInfo(options.DataDirectory);
            var low = disk.AvailableFreeSpace < disk.TotalSize * LowDiskShare;
            images.Collect(records.List().SelectMany(r => r.Disks).Select(d => d.HostPath).ToHashSet(), low ? FreshImage : UnusedImage);
            await Task.Delay(CollectInterval, time, ct);
        }
    }

    private async Task RunPartsAsync(CancellationToken ct)
    {
        if (!options.RunParts) return;
        var containerd = new Containerd(paths, options.RegistryPort, state.RuntimeVersion).Spec();
        var registry = new Registry(paths, options.RegistryPort).Spec();
        await Task.WhenAll(new[] { containerd, registry }.Select(part => new PartSupervisor(part, paths, watch, time, state.Part, logger).RunAsync(ct)));
    }

    private async Task SetUpNetworkAsync(PodNetwork network, CancellationToken ct)
    {
        // A port of our own choice is there in a moment; one that was asked for may be another's for long, and guests do not wait for that.
        int[] kubelet = options.Kubelet is null ? [] : [options.Kubelet.Port is { } asked and > 0 ? asked : await state.KubeletPort.WaitAsync(ct)];
        while (true)
        {
            try
            {
                await network.SetUpAsync(options.PodSubnet, [.. options.ProtectedPorts, options.RegistryPort, .. kubelet], ct);
                state.NetworkReady(network.Subnet);
                logger.NetworkReady(options.NodeName, network.Subnet.Network.ToString(), HostNames.Bridge(options.InstanceId));
                return;
            }
            catch (IOException e)
            {
                state.NetworkFailed(e.Message);
                logger.NetworkFailed(options.NodeName, e.Message);
            }

            await Task.Delay(RetryInterval, time, ct);
        }
    }

    private async Task ProbeKvmAsync(CancellationToken ct)
    {
        string[] command = options.KvmProbeCommand.IsEmpty ? [Environment.ProcessPath!, "kvm-probe"] : [.. options.KvmProbeCommand];
        var verdict = await KvmProbe.RunAsync(command, time, ct);
        logger.KvmProbed(options.NodeName, verdict.Usable, verdict.Reason);
        state.Probed(verdict);
    }

    private async Task WarmAsync(CapabilityCache cache, Task probing, CancellationToken ct)
    {
        await probing;
        var kvm = (await state.Kvm).Usable;
        try
        {
            var started = time.GetTimestamp();
            var made = cache.Find(kvm) is null;
            var warm = await cache.EnsureAsync(kvm, ct);
            if (made) logger.CapabilityCacheMade(options.NodeName, (long)time.GetElapsedTime(started).TotalMilliseconds);
            state.Warmed(warm, CapabilityCache.Read(warm));
        }
        catch (Exception e) when (e is IOException or System.Xml.XmlException)
        {
            logger.CapabilityCacheFailed(options.NodeName, e.Message);
        }
    }

    /// <summary>Writes object and lease when something changes and every ten seconds; an API that does not answer is asked again.</summary>
    private async Task RegisterAsync(NodeRegistrar registrar, CancellationToken ct)
    {
        var failures = 0;
        while (true)
        {
            var wait = NodeRegistrar.LeaseInterval;
            var changed = state.Changed;
            try
            {
                await registrar.SyncAsync(ct);
                failures = 0;
            }
            catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                if (++failures == 1) logger.RegistrationFailed(options.NodeName, e.Message);
                wait = RegistrationBackoff.Delay(failures, random);
            }

            await Task.WhenAny(changed, Task.Delay(wait, time, ct));
            ct.ThrowIfCancellationRequested();
        }
    }

    private async Task SignOffAsync(NodeRegistrar registrar)
    {
        state.Stop();
        using var limit = new CancellationTokenSource(RetryInterval, time);
        try
        {
            await registrar.SyncAsync(limit.Token);
        }
        catch (Exception e)
        {
            logger.RegistrationFailed(options.NodeName, e.Message); // the API is gone too: its own controller notices the stale lease
        }
    }

    private static HttpClient RegistryHttp() =>
        new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30), UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
}
