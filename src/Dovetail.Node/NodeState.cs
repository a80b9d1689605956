using System.Collections.Immutable;
using System.Net;
using Dovetail.Node.Kvm;
using Dovetail.Node.Network;
using Dovetail.Node.Parts;
using Dovetail.Node.Pods;
using Dovetail.Node.Registration;

namespace Dovetail.Node;

/// <summary>What the parts of the agent know of the node, in one place: each writes its own field, registration and pods read. Safe for use from several threads.</summary>
internal sealed class NodeState(NodeAgentOptions options, TimeProvider time, string address) : INodeView
{
    private static readonly TimeSpan PartGrace = TimeSpan.FromSeconds(15);
    private readonly Lock gate = new();
    private readonly Dictionary<string, DateTimeOffset> partsUnwellSince = [];
    private readonly TaskCompletionSource<KvmVerdict> kvm = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SortedDictionary<string, PartHealth> parts = StartingParts(options);
    private readonly TaskCompletionSource<IPAddress> guestDns = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string podCidr = "";
    private string? networkTrouble = "the pod network is being set up";
    private string? podTrouble;
    private string? warmCapabilities;
    private string runtimeVersion = "dovetail-launcher://1";
    private GuestCapabilities guests = GuestCapabilities.Minimal;
    private readonly TaskCompletionSource<int> kubelet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int kubeletPort;
    private bool stopped;

    public Task<KvmVerdict> Kvm => kvm.Task;

    /// <summary>Completes at the next change of anything here; taken before the state is read.</summary>
    public Task Changed
    {
        get
        {
            lock (gate) return changed.Task;
        }
    }

    public string HostIp => address;

    /// <summary>Sandboxes need the network and the verdict on KVM; containerd and the registry are none of their business.</summary>
    public string? Blocked
    {
        get
        {
            lock (gate) return networkTrouble ?? (kvm.Task.IsCompleted ? null : "KVM is being probed");
        }
    }

    public SandboxOffer Offer
    {
        get
        {
            lock (gate) return new SandboxOffer(kvm.Task is { IsCompletedSuccessfully: true, Result.Usable: true }, warmCapabilities);
        }
    }

    public Task<IPAddress> GuestDns => guestDns.Task;

    public void NetworkReady(PodSubnet subnet) => Change(() =>
    {
        (podCidr, networkTrouble) = (subnet.Network.ToString(), null);
        guestDns.TrySetResult(subnet.Gateway);
    });

    public void NetworkFailed(string trouble) => Change(() => networkTrouble = trouble);

    /// <summary>Why the pods of this node are not looked after; null when they are.</summary>
    public void Pods(string? trouble) => Change(() => podTrouble = trouble);

    public void Probed(KvmVerdict verdict) => Change(() => kvm.TrySetResult(verdict));

    public void Warmed(string folder, GuestCapabilities capabilities) => Change(() => (warmCapabilities, guests) = (folder, capabilities));

    public IReadOnlyList<PartHealth> Parts
    {
        get
        {
            lock (gate) return [.. parts.Values];
        }
    }

    public void Part(PartHealth health)
    {
        lock (gate)
        {
            if (parts.GetValueOrDefault(health.Name) == health) return;
        }

        Change(() =>
        {
            if (health.Healthy) partsUnwellSince.Remove(health.Name);
            else if (parts.GetValueOrDefault(health.Name) is { Healthy: true }) partsUnwellSince[health.Name] = time.GetUtcNow();
            parts[health.Name] = health;
        });
    }

    public void RuntimeVersion(string version)
    {
        lock (gate)
        {
            if (runtimeVersion == version) return;
        }

        Change(() => runtimeVersion = version);
    }

    /// <summary>The port of the kubelet endpoint, once it is open.</summary>
    public Task<int> KubeletPort => kubelet.Task;

    public void KubeletListens(int port) => Change(() =>
    {
        kubeletPort = port;
        kubelet.TrySetResult(port);
    });

    public void Stop() => Change(() => stopped = true);

    public NodeFacts Facts()
    {
        lock (gate)
        {
            var verdict = kvm.Task.IsCompletedSuccessfully ? kvm.Task.Result : KvmVerdict.No("KVM is being probed");
            return new NodeFacts
            {
                Name = options.NodeName,
                Address = address,
                KubeletPort = kubeletPort,
                PodCidr = podCidr,
                MaxPods = options.MaxPods,
                Host = HostFacts.Read(options.DataDirectory),
                Kvm = verdict,
                Guests = guests,
                NotReady = NotReady(),
                Parts = [.. parts.Values],
                Schedulable = !stopped,
                ContainerRuntimeVersion = runtimeVersion,
                Now = time.GetUtcNow(),
            };
        }
    }

    /// <summary>A part that was well and ends is back within a second or so: that is no reason to send guests elsewhere. One that was never well is.</summary>
    private bool CountsAgainstReady(string part) => !partsUnwellSince.TryGetValue(part, out var since) || time.GetUtcNow() - since > PartGrace;

    private static SortedDictionary<string, PartHealth> StartingParts(NodeAgentOptions options)
    {
        string[] names = options.RunParts ? [Containerd.Name, Registry.Name] : [];
        return new(names.ToDictionary(name => name, name => new PartHealth(name, 0, false, "it is starting")), StringComparer.Ordinal);
    }

    private ImmutableArray<string> NotReady()
    {
        var causes = parts.Values.Where(part => !part.Healthy && CountsAgainstReady(part.Name)).Select(part => $"{part.Name}: {part.Message}");
        if (!kvm.Task.IsCompleted) causes = causes.Prepend("KVM is being probed");
        if (podTrouble is not null) causes = causes.Prepend($"pods: {podTrouble}");
        return [.. networkTrouble is null ? causes : causes.Prepend($"network: {networkTrouble}")];
    }

    private void Change(Action change)
    {
        lock (gate)
        {
            change();
            var told = changed;
            changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            told.TrySetResult();
        }
    }
}
