using System.Collections.Immutable;
using System.Net;

namespace Dovetail.Node;

/// <summary>What the node agent is told by the composition root. Paths are absolute.</summary>
public sealed record NodeAgentOptions
{
    /// <summary>The Node object's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>Six hex digits that name this platform on the host: bridge, nftables table, cgroups, network namespaces, run folder.</summary>
    public required string InstanceId { get; init; }

    /// <summary>The platform's data folder; the agent keeps everything of its own below <c>node/</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The static <c>init</c> that is process 1 of a sandbox.</summary>
    public required string InitPath { get; init; }

    /// <summary>The virt-launcher binary.</summary>
    public required string LauncherPath { get; init; }

    /// <summary>The address that is reported for this node; null takes the source address of the default route.</summary>
    public IPAddress? NodeAddress { get; init; }

    /// <summary>Pod addresses of this node as CIDR; null derives a free 10.244.x.0/24 from <see cref="InstanceId"/> and keeps it.</summary>
    public string? PodSubnet { get; init; }

    /// <summary>Loopback port of the platform's registry.</summary>
    public int RegistryPort { get; init; } = 5000;

    /// <summary>Host TCP ports of the platform (API server, virt-handler, …) that pods and guests must not reach. The registry's is added.</summary>
    public ImmutableArray<int> ProtectedPorts { get; init; } = [];

    /// <summary>Whether this agent runs containerd and the registry. Off for a second node of the same platform, and in tests.</summary>
    public bool RunParts { get; init; } = true;

    /// <summary>Sandboxes at once: one uid each.</summary>
    public int MaxPods { get; init; } = 110;

    /// <summary>Largest disk that is taken out of an image, and largest layer, in bytes.</summary>
    public long MaxImageBytes { get; init; } = 200L << 30;

    /// <summary>Logs, commands and ports of this node's pods over HTTPS; null: they are not served.</summary>
    public Kubelet.KubeletOptions? Kubelet { get; init; }

    /// <summary>The command that runs the KVM probe in a process of its own; empty: the running program with the argument <c>kvm-probe</c>.</summary>
    public ImmutableArray<string> KvmProbeCommand { get; init; } = [];

    /// <summary>Throws <see cref="ArgumentException"/> that names the first option that cannot work.</summary>
    public void Validate()
    {
        if (InstanceId.Length != 6 || !InstanceId.All(char.IsAsciiHexDigitLower))
            throw new ArgumentException($"InstanceId is six lower-case hex digits, not \"{InstanceId}\"");
        foreach (var (name, path) in new[] { (nameof(DataDirectory), DataDirectory), (nameof(InitPath), InitPath), (nameof(LauncherPath), LauncherPath) })
        {
            if (!Path.IsPathFullyQualified(path)) throw new ArgumentException($"{name} is not an absolute path: \"{path}\"");
        }

        if (PodSubnet is not null && !IPNetwork.TryParse(PodSubnet, out _)) throw new ArgumentException($"PodSubnet is not a CIDR: \"{PodSubnet}\"");
        if (MaxPods is < 1 or > Sandbox.UidRange.Size) throw new ArgumentException($"MaxPods is between 1 and {Sandbox.UidRange.Size}, not {MaxPods}");
    }
}
