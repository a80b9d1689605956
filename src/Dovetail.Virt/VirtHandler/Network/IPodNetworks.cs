using System.Collections.Immutable;
using System.Net;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler.Launchers;

namespace Dovetail.Virt.VirtHandler.Network;

/// <summary>What a guest's network needs to know of its VMI.</summary>
public sealed record GuestNetwork(MasqueradeNetwork Masquerade, string Mac, string Hostname, string SearchDomain);

/// <summary>What the pod's network gives the guest.</summary>
public sealed record PodNetworkFacts(ImmutableArray<IPAddress> PodAddresses, int Mtu);

/// <summary>Guests' networks inside their pods' network namespaces.</summary>
public interface IPodNetworks
{
    /// <summary>Makes the network (bridge, tap, NAT, DHCP), or finds it made; once done it costs nothing to call again.</summary>
    /// <exception cref="IOException">It cannot be made; the message says which command failed how.</exception>
    Task<PodNetworkFacts> EnsureAsync(NamespacedName vmi, LauncherProcess launcher, GuestNetwork wanted, CancellationToken ct);

    /// <summary>Lets go of the namespace: DHCP is no longer answered. What is inside goes with the namespace.</summary>
    void Release(NamespacedName vmi);
}
