using System.Buffers.Binary;
using System.Net;
using CsCheck;
using Dovetail.Virt.VirtHandler.Dhcp;

namespace Dovetail.Virt.Tests.VirtHandler;

public sealed class DhcpResponderTests
{
    private static readonly byte[] Mac = [0x02, 0xab, 0, 0, 0, 1];
    private static readonly DhcpLease Lease = new(Mac, IPAddress.Parse("10.0.2.2"), IPAddress.Parse("10.0.2.1"), 24, [IPAddress.Parse("10.244.0.1")], "vm", "demo.svc.cluster.local", 1450);

    [Fact]
    public void A_discover_is_offered_the_one_address_with_all_options()
    {
        var answer = DhcpResponder.Answer(Packet(Mac, [53, 1, 1]), Lease)!;

        answer.UnicastTo.ShouldBeNull();
        answer.Packet[0].ShouldBe((byte)2);
        answer.Packet[4..8].ShouldBe([1, 2, 3, 4], "the transaction id is the client's");
        new IPAddress(answer.Packet[16..20]).ShouldBe(Lease.Address);
        var options = Options(answer.Packet);
        options[53].ShouldBe([2]);
        options[54].ShouldBe([10, 0, 2, 1]);
        options[1].ShouldBe([255, 255, 255, 0]);
        options[3].ShouldBe([10, 0, 2, 1]);
        options[6].ShouldBe([10, 244, 0, 1]);
        options[12].ShouldBe("vm"u8.ToArray());
        options[15].ShouldBe("demo.svc.cluster.local"u8.ToArray());
        options[26].ShouldBe([1450 >> 8, 1450 & 0xff]);
        BinaryPrimitives.ReadUInt32BigEndian(options[51]).ShouldBe(999u * 24 * 3600);
    }

    [Fact]
    public void A_request_for_the_own_address_is_acknowledged_and_for_another_refused()
    {
        Options(DhcpResponder.Answer(Packet(Mac, [53, 1, 3, 50, 4, 10, 0, 2, 2]), Lease)!.Packet)[53].ShouldBe([5]);
        Options(DhcpResponder.Answer(Packet(Mac, [53, 1, 3, 50, 4, 10, 0, 2, 9]), Lease)!.Packet)[53].ShouldBe([6]);
    }

    [Fact]
    public void A_renewal_is_answered_to_the_client_itself()
    {
        var packet = Packet(Mac, [53, 1, 3]);
        Lease.Address.TryWriteBytes(packet.AsSpan(12), out _);
        var answer = DhcpResponder.Answer(packet, Lease)!;
        answer.UnicastTo.ShouldBe(Lease.Address);
        Options(answer.Packet)[53].ShouldBe([5]);
    }

    [Fact]
    public void A_stranger_and_a_request_to_another_server_are_not_answered()
    {
        DhcpResponder.Answer(Packet([2, 2, 2, 2, 2, 2], [53, 1, 1]), Lease).ShouldBeNull();
        DhcpResponder.Answer(Packet(Mac, [53, 1, 3, 54, 4, 1, 2, 3, 4]), Lease).ShouldBeNull();
    }

    [Fact]
    public void No_packet_however_broken_makes_it_throw() =>
        Gen.Byte.Array[0, 600].Sample(bytes =>
        {
            DhcpResponder.Answer(bytes, Lease);
            DhcpResponder.Answer(Packet(Mac, bytes), Lease);
        });

    private static byte[] Packet(byte[] mac, byte[] options)
    {
        var packet = new byte[240 + options.Length];
        (packet[0], packet[1], packet[2]) = (1, 1, 6);
        new byte[] { 1, 2, 3, 4 }.CopyTo(packet, 4);
        mac.CopyTo(packet, 28);
        new byte[] { 0x63, 0x82, 0x53, 0x63 }.CopyTo(packet, 236);
        options.CopyTo(packet, 240);
        return packet;
    }

    private static Dictionary<byte, byte[]> Options(byte[] packet)
    {
        var options = new Dictionary<byte, byte[]>();
        for (var at = 240; packet[at] != 255; at += 2 + packet[at + 1]) options[packet[at]] = packet[(at + 2)..(at + 2 + packet[at + 1])];
        return options;
    }
}
