using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Dovetail.ApiServer.Registry.ServiceAddresses;

/// <summary>The addresses that services get: an IPv4 network of 8 to 2²⁰ addresses, as upstream bounds it.</summary>
public sealed class ServiceRange
{
    private readonly IPNetwork network;
    private readonly uint first;

    /// <exception cref="ArgumentException">It is not such a network.</exception>
    public ServiceRange(IPNetwork network)
    {
        if (Problem(network) is { } problem) throw new ArgumentException(problem, nameof(network));
        this.network = network;
        first = BinaryPrimitives.ReadUInt32BigEndian(network.BaseAddress.GetAddressBytes());
        Count = 1 << (32 - network.PrefixLength);
    }

    /// <summary>Upstream's usual one.</summary>
    public static IPNetwork Default { get; } = IPNetwork.Parse("10.96.0.0/12");

    /// <summary>How many addresses it has, the network's own and the broadcast address among them, which nobody gets.</summary>
    public int Count { get; }

    /// <summary>Of how many addresses at the beginning clients may choose by hand with little risk that their choice is taken: what is chosen for them comes from above first (KEP 3070).</summary>
    public int HandChosen => Count - 2 < 16 ? 0 : Math.Clamp((Count - 2) / 16, 16, 256);

    /// <summary>Why a network cannot be a range of services; null when it can.</summary>
    public static string? Problem(IPNetwork network) => network switch
    {
        { BaseAddress.AddressFamily: not AddressFamily.InterNetwork } => "is not an IPv4 network, which is the only family of services here",
        { PrefixLength: < 12 } => "is too large; for 32-bit addresses, the mask must be >= 12",
        { PrefixLength: > 29 } => "is too small; it must have 8 IP addresses at least",
        _ => null,
    };

    public bool Contains(IPAddress address) => network.Contains(address);

    /// <summary>The n-th address; 0 is the network itself.</summary>
    public string Address(int offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, first + (uint)offset);
        return new IPAddress(bytes).ToString();
    }

    public override string ToString() => network.ToString();
}
