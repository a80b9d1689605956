using System.Net;
using System.Net.Sockets;
using Dovetail.Node.Network.Dns;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Node.Tests.Network;

public sealed class DnsForwarderTests : IDisposable
{
    private static readonly byte[] Query = [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1];
    private readonly CancellationTokenSource end = new(TimeSpan.FromSeconds(20));
    private readonly IPEndPoint address = FreeEndpoint();

    [Fact]
    public async Task A_query_is_passed_on_and_answered()
    {
        using var upstream = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        upstream.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var server = AnswerOnceAsync(upstream);
        _ = new DnsForwarder(address, () => [(IPEndPoint)upstream.LocalEndPoint!], TimeProvider.System, NullLogger.Instance).RunAsync(end.Token);
        (await AskAsync())[3].ShouldBe((byte)0x80);
        await server;
    }

    [Fact]
    public async Task Without_a_server_the_client_is_told_at_once()
    {
        _ = new DnsForwarder(address, () => [], TimeProvider.System, NullLogger.Instance).RunAsync(end.Token);
        (await AskAsync())[3].ShouldBe((byte)0x82);
    }

    [Fact]
    public async Task Tcp_is_served_too()
    {
        _ = new DnsForwarder(address, () => [], TimeProvider.System, NullLogger.Instance).RunAsync(end.Token);
        using var client = new TcpClient();
        await client.ConnectAsync(address, end.Token);
        var stream = client.GetStream();
        await stream.WriteAsync((byte[])[0, (byte)Query.Length, .. Query], end.Token);
        var answer = new byte[2 + Query.Length];
        await stream.ReadExactlyAsync(answer, end.Token);
        answer[5].ShouldBe((byte)0x82);
    }

    public void Dispose()
    {
        end.Cancel();
        end.Dispose();
    }

    private static IPEndPoint FreeEndpoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private async Task<byte[]> AskAsync()
    {
        using var client = new UdpClient();
        client.Connect(address);
        await client.SendAsync(Query, end.Token);
        return (await client.ReceiveAsync(end.Token)).Buffer;
    }

    private async Task AnswerOnceAsync(Socket upstream)
    {
        var buffer = new byte[512];
        var query = await upstream.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), end.Token);
        var answer = buffer[..query.ReceivedBytes];
        (answer[2], answer[3]) = (0x81, 0x80);
        await upstream.SendToAsync(answer, SocketFlags.None, query.RemoteEndPoint, end.Token);
    }
}
