using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Dovetail.Virt.VirtApi.Subresources;

namespace Dovetail.Virt.Tests.VirtApi;

/// <summary>The relay of a port over real sockets: a client's WebSocket on one side, a listener in the guest's place on the other.</summary>
public sealed class SocketRelayTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_megabyte_comes_back_whole_and_the_guests_end_is_an_orderly_close()
    {
        var (accepted, guest) = await TcpPairAsync();
        using var inGuest = accepted;
        await using var relay = await Relay.StartAsync(guest, isDatagrams: false);
        var data = new byte[1 << 20];
        for (var i = 0; i < data.Length; i++) data[i] = (byte)(i * 31 >> 3);
        var echo = EchoAsync(inGuest, data.Length);
        await relay.Client.SendAsync(data, WebSocketMessageType.Binary, true, Ct);
        var (answer, closed) = await ReadToCloseAsync(relay.Client);
        await echo;
        answer.AsSpan().SequenceEqual(data).ShouldBeTrue();
        closed.ShouldBe(WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task A_client_that_closes_ends_the_connection_in_the_guest()
    {
        var (accepted, guest) = await TcpPairAsync();
        using var inGuest = accepted;
        await using var relay = await Relay.StartAsync(guest, isDatagrams: false);
        await relay.Client.SendAsync("bye"u8.ToArray(), WebSocketMessageType.Binary, true, Ct);
        await relay.Client.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Ct);
        var buffer = new byte[16];
        (await inGuest.ReceiveAsync(buffer, Ct)).ShouldBe(3);
        (await inGuest.ReceiveAsync(buffer, Ct)).ShouldBe(0);
        await relay.Ended.WaitAsync(Ct);
    }

    [Fact]
    public async Task A_message_in_two_frames_is_one_datagram_and_a_datagram_is_one_message()
    {
        using var inGuest = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        inGuest.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var guest = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await guest.ConnectAsync(inGuest.LocalEndPoint!, Ct);
        await inGuest.ConnectAsync(guest.LocalEndPoint!, Ct);
        await using var relay = await Relay.StartAsync(guest, isDatagrams: true);
        await relay.Client.SendAsync("ab"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: false, Ct);
        await relay.Client.SendAsync("cd"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Ct);
        var buffer = new byte[2048];
        (await inGuest.ReceiveAsync(buffer, Ct)).ShouldBe(4);
        foreach (var size in (int[])[1500, 1, 700])
        {
            await inGuest.SendAsync(new byte[size], Ct);
            var got = await relay.Client.ReceiveAsync(buffer.AsMemory(), Ct);
            (got.Count, got.EndOfMessage).ShouldBe((size, true));
        }

        await relay.Client.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Ct);
        await relay.Ended.WaitAsync(Ct);
    }

    private static async Task EchoAsync(Socket socket, int bytes)
    {
        var buffer = new byte[bytes];
        for (var filled = 0; filled < bytes;) filled += await socket.ReceiveAsync(buffer.AsMemory(filled), Ct);
        for (var sent = 0; sent < bytes;) sent += await socket.SendAsync(buffer.AsMemory(sent), Ct);
        socket.Shutdown(SocketShutdown.Both);
    }

    private static async Task<(byte[] Bytes, WebSocketCloseStatus? Closed)> ReadToCloseAsync(WebSocket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[32 * 1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), Ct) is { MessageType: WebSocketMessageType.Binary } got) all.Write(buffer, 0, got.Count);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Ct);
        return (all.ToArray(), socket.CloseStatus);
    }

    private static async Task<(Socket Accepted, Socket Connected)> TcpPairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var connected = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await connected.ConnectAsync(listener.LocalEndPoint!, Ct);
        return (await listener.AcceptAsync(Ct), connected);
    }

    private sealed class Relay(Socket guest, WebSocket client, WebSocket server, Task ended) : IAsyncDisposable
    {
        public WebSocket Client => client;

        public Task Ended => ended;

        public static async Task<Relay> StartAsync(Socket guest, bool isDatagrams)
        {
            var (near, far) = await TcpPairAsync();
            var client = WebSocket.CreateFromStream(new NetworkStream(near, ownsSocket: true), new WebSocketCreationOptions());
            var server = WebSocket.CreateFromStream(new NetworkStream(far, ownsSocket: true), new WebSocketCreationOptions { IsServer = true });
            return new(guest, client, server, SocketRelay.RunAsync(server, guest, isDatagrams, Ct));
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await ended;
            server.Dispose();
            guest.Dispose();
        }
    }
}
