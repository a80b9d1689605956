using System.Net;

namespace Dovetail.Virt.VirtHandler;

/// <summary>What virt-handler knows of its node.</summary>
public sealed record VirtHandlerOptions
{
    public required string NodeName { get; init; }

    /// <summary>KVM was probed and runs guest code. False: guests are emulated.</summary>
    public required bool UseKvm { get; init; }

    /// <summary>From a pod's uid to its launcher's socket on this machine.</summary>
    public required Func<string, string> LauncherSocket { get; init; }

    /// <summary>Name servers that guests are told by DHCP.</summary>
    public IReadOnlyList<IPAddress> GuestDns { get; init; } = [];

    public string ClusterDomain { get; init; } = "cluster.local";
}
