using System.Collections.Immutable;
using Dovetail.Node.Kvm;
using Dovetail.Node.Pods;
using Dovetail.Node.Registration;

namespace Dovetail.Node;

/// <summary>What the parts of the agent know of the node, in one place: each writes its own field, registration and pods read. Safe for use from several threads.</summary>
internal sealed class NodeState(NodeAgentOptions options, TimeProvider time, string address) : INodeView
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource<KvmVerdict> kvm = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SortedDictionary<string, string> partTroubles = new(StringComparer.Ordinal);
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string podCidr = "";
    private string? networkTrouble = "the pod network is being set up";
    private string? warmCapabilities;
    private string runtimeVersion = "dovetail-launcher://1";
    private GuestCapabilities guests = GuestCapabilities.Minimal;
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

    public void Network(string cidr, string? trouble) => Change(() => (podCidr, networkTrouble) = (cidr, trouble));

    public void Probed(KvmVerdict verdict) => Change(() => kvm.TrySetResult(verdict));

    public void Warmed(string folder, GuestCapabilities capabilities) => Change(() => (warmCapabilities, guests) = (folder, capabilities));

    /// <summary>A part of the node is well (null) or not.</summary>
    public void Part(string name, string? trouble)
    {
        lock (gate)
        {
            if (trouble is null ? !partTroubles.ContainsKey(name) : partTroubles.GetValueOrDefault(name) == trouble) return;
        }

        Change(() =>
        {
            if (trouble is null) partTroubles.Remove(name);
            else partTroubles[name] = trouble;
        });
    }

    public void RuntimeVersion(string version) => Change(() => runtimeVersion = version);

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
                PodCidr = podCidr,
                MaxPods = options.MaxPods,
                Host = HostFacts.Read(options.DataDirectory),
                Kvm = verdict,
                Guests = guests,
                NotReady = NotReady(),
                Schedulable = !stopped,
                ContainerRuntimeVersion = runtimeVersion,
                Now = time.GetUtcNow(),
            };
        }
    }

    private ImmutableArray<string> NotReady()
    {
        var causes = partTroubles.Select(part => $"{part.Key}: {part.Value}");
        if (!kvm.Task.IsCompleted) causes = causes.Prepend("KVM is being probed");
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
