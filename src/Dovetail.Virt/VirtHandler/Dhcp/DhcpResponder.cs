using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Dovetail.Virt.VirtHandler.Dhcp;

/// <summary>What the one client of a guest's network is told. Addresses are IPv4.</summary>
/// <param name="Mac">Six bytes; nobody else is answered.</param>
/// <param name="Address">The guest's.</param>
/// <param name="Server">The bridge: server identifier and router.</param>
/// <param name="PrefixLength">Of the guest's network.</param>
/// <param name="Dns">Name servers; none when empty.</param>
/// <param name="Hostname">Option 12.</param>
/// <param name="Domain">Option 15; "" for none.</param>
/// <param name="Mtu">Option 26.</param>
public sealed record DhcpLease(byte[] Mac, IPAddress Address, IPAddress Server, int PrefixLength, IReadOnlyList<IPAddress> Dns, string Hostname, string Domain, int Mtu);

/// <summary>An answer, and whether it goes to the client's present address (a renewal) instead of to everybody.</summary>
public sealed record DhcpAnswer(byte[] Packet, IPAddress? UnicastTo);

/// <summary>
/// The server side of DHCPv4 (RFC 2131, options of RFC 2132) for a network with one client whose address never changes: a pure function from a packet to its answer. What is malformed,
/// from a stranger or meant for another server gets none.
/// </summary>
public static class DhcpResponder
{
    private const int HeaderLength = 236;
    private const int ShortestPacket = 300;
    private const uint MagicCookie = 0x63825363;
    private const byte BootRequest = 1;
    private const byte BootReply = 2;

    private const byte Discover = 1, Offer = 2, Request = 3, Ack = 5, Nak = 6, Inform = 8;

    private const byte OptPad = 0, OptMask = 1, OptRouter = 3, OptDns = 6, OptHostname = 12, OptDomain = 15, OptMtu = 26, OptRequestedAddress = 50, OptLeaseTime = 51, OptMessageType = 53, OptServer = 54, OptEnd = 255;

    /// <summary>As upstream: the address is the guest's for as long as it lives.</summary>
    private const uint LeaseSeconds = 999 * 24 * 3600;

    public static DhcpAnswer? Answer(ReadOnlySpan<byte> packet, DhcpLease lease)
    {
        if (packet.Length < HeaderLength + 4 || packet[0] != BootRequest || packet[1] != 1 || packet[2] != 6) return null;
        if (!packet.Slice(28, 6).SequenceEqual(lease.Mac) || BinaryPrimitives.ReadUInt32BigEndian(packet[HeaderLength..]) != MagicCookie) return null;
        var options = packet[(HeaderLength + 4)..];
        if (Find(options, OptMessageType) is not [var type]) return null;
        var client = new IPAddress(packet.Slice(12, 4));
        var unicast = client.Equals(IPAddress.Any) ? null : client;
        return type switch
        {
            Discover => new(Build(packet, Offer, lease, withLease: true), null),
            Request when IsForAnother(options, lease) => null,
            Request => AsksForOwn(options, client, lease) ? new(Build(packet, Ack, lease, withLease: true), unicast) : new(Build(packet, Nak, lease, withLease: false), null),
            Inform => new(Build(packet, Ack, lease, withLease: false), unicast),
            _ => null,
        };
    }

    private static bool IsForAnother(ReadOnlySpan<byte> options, DhcpLease lease)
    {
        var server = Find(options, OptServer);
        return server.Length == 4 && !new IPAddress(server).Equals(lease.Server);
    }

    /// <summary>Selecting and rebooting clients say the address in option 50, renewing ones in ciaddr.</summary>
    private static bool AsksForOwn(ReadOnlySpan<byte> options, IPAddress client, DhcpLease lease)
    {
        var requested = Find(options, OptRequestedAddress);
        return (requested.Length == 4 ? new IPAddress(requested) : client).Equals(lease.Address);
    }

    private static byte[] Build(ReadOnlySpan<byte> request, byte type, DhcpLease lease, bool withLease)
    {
        var reply = new byte[576];
        reply[0] = BootReply;
        reply[1] = 1;
        reply[2] = 6;

        // xid, secs and flags as asked.
        request.Slice(4, 8).CopyTo(reply.AsSpan(4));
        if (type != Nak) request.Slice(12, 4).CopyTo(reply.AsSpan(12));
        if (withLease) lease.Address.TryWriteBytes(reply.AsSpan(16), out _);
        if (type != Nak) lease.Server.TryWriteBytes(reply.AsSpan(20), out _);
        request.Slice(28, 16).CopyTo(reply.AsSpan(28));
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(HeaderLength), MagicCookie);

        var writer = new OptionWriter(reply, HeaderLength + 4);
        writer.Byte(OptMessageType, type);
        writer.Addresses(OptServer, [lease.Server]);
        if (withLease) writer.UInt32(OptLeaseTime, LeaseSeconds);
        if (type != Nak)
        {
            writer.UInt32(OptMask, uint.MaxValue << (32 - lease.PrefixLength));
            writer.Addresses(OptRouter, [lease.Server]);
            writer.Addresses(OptDns, lease.Dns);
            writer.Text(OptHostname, lease.Hostname);
            writer.Text(OptDomain, lease.Domain);
            writer.UInt16(OptMtu, (ushort)lease.Mtu);
        }

        writer.End();
        return reply[..Math.Max(writer.Length, ShortestPacket)];
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> options, byte wanted)
    {
        for (var at = 0; at < options.Length && options[at] != OptEnd;)
        {
            if (options[at] == OptPad)
            {
                at++;
                continue;
            }

            if (at + 1 >= options.Length || at + 2 + options[at + 1] > options.Length) return [];
            if (options[at] == wanted) return options.Slice(at + 2, options[at + 1]);
            at += 2 + options[at + 1];
        }

        return [];
    }

    /// <summary>Appends options; one that does not fit or is empty is left out.</summary>
    private ref struct OptionWriter(Span<byte> packet, int start)
    {
        private readonly Span<byte> packet = packet;

        public int Length { get; private set; } = start;

        public void Byte(byte option, byte value) => Raw(option, [value]);

        public void UInt16(byte option, ushort value)
        {
            Span<byte> bytes = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
            Raw(option, bytes);
        }

        public void UInt32(byte option, uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            Raw(option, bytes);
        }

        public void Text(byte option, string value) => Raw(option, Encoding.ASCII.GetBytes(value));

        public void Addresses(byte option, IReadOnlyList<IPAddress> addresses) => Raw(option, [.. addresses.SelectMany(a => a.GetAddressBytes())]);

        public void End() => packet[Length++] = OptEnd;

        private void Raw(byte option, scoped ReadOnlySpan<byte> value)
        {
            if (value.Length is 0 or > 255 || Length + 3 + value.Length > packet.Length) return;
            packet[Length] = option;
            packet[Length + 1] = (byte)value.Length;
            value.CopyTo(packet[(Length + 2)..]);
            Length += 2 + value.Length;
        }
    }
}
