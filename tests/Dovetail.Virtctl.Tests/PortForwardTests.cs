using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Dovetail.Virtctl.Tests;

public sealed class PortForwardTests : IAsyncLifetime
{
    private readonly FakeTerminal terminal = new();
    private FakeApiServer server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await FakeApiServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("web 80", "target must contain type and name separated by '/'\n")]
    [InlineData("pod/web 80", "unsupported resource type 'pod'\n")]
    [InlineData("vm/ 80", "name cannot be empty\n")]
    [InlineData("vm/web/ 80", "namespace cannot be empty\n")]
    [InlineData("vm/web/a/b 80", "target is not valid with more than two '/'\n")]
    [InlineData("vm/web x", "strconv.Atoi: parsing \"x\": invalid syntax\n")]
    [InlineData("vm/web :", "invalid port, missing local and/or remote port\n")]
    [InlineData("vm/web sctp/80", "unknown protocol: sctp\n")]
    [InlineData("vm/web 80 81 --stdio", "only one port supported when forwarding to stdout\n")]
    public async Task A_target_or_a_port_that_is_none_is_refused_in_upstreams_words(string line, string error) =>
        (await VirtctlRun.Async(server, "port-forward " + line)).ShouldBe(new VirtctlRun(1, "", error));

    [Fact]
    public async Task Standard_streams_carry_every_byte_the_consoles_escape_too()
    {
        server.Console = EchoAsync;
        terminal.Type((byte)'a', 0x1D, (byte)'b');
        var run = VirtctlRun.Async(server, "port-forward --stdio=true vm/web/prod 22", terminal, ct: Ct);
        while (terminal.Written.Length < 3) await Task.Yield();
        terminal.EndInput();
        (await run).ShouldBe(new VirtctlRun(0, "", ""));
        terminal.Written.ShouldBe([(byte)'a', 0x1D, (byte)'b']);
        server.Requests.ShouldContain("GET /apis/subresources.kubevirt.io/v1/namespaces/prod/virtualmachines/web/portforward/22/tcp");
    }

    [Fact]
    public async Task Each_connection_and_each_sender_has_a_stream_of_its_own()
    {
        server.Console = EchoAsync;
        var (tcp, udp) = (FreePort(SocketType.Stream, ProtocolType.Tcp), FreePort(SocketType.Dgram, ProtocolType.Udp));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var run = VirtctlRun.Async(server, $"port-forward vmi/web {tcp}:22 udp/{udp}:53", ct: stop.Token);
        foreach (var text in (string[])["one", "two"])
        {
            using var client = await ConnectAsync(tcp);
            await client.SendAsync(Encoding.UTF8.GetBytes(text), Ct);
            (await ReadAsync(client, text.Length)).ShouldBe(text);
        }

        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await sender.ConnectAsync(new IPEndPoint(IPAddress.Loopback, udp), Ct);
        await sender.SendAsync("query"u8.ToArray(), Ct);
        (await ReadAsync(sender, 5)).ShouldBe("query");
        await stop.CancelAsync();
        (await run).Code.ShouldBe(0);
        server.Requests.Count(r => r.EndsWith("virtualmachineinstances/web/portforward/22/tcp", StringComparison.Ordinal)).ShouldBe(2);
        server.Requests.ShouldContain("GET /apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/web/portforward/53/udp");
    }

    /// <summary>The command opens its ports a moment after it was started.</summary>
    private static async Task<Socket> ConnectAsync(int port)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Ct);
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                socket.Dispose();
                await Task.Yield();
            }
        }
    }

    private static async Task<string> ReadAsync(Socket socket, int length)
    {
        var buffer = new byte[64];
        var filled = 0;
        while (filled < length && await socket.ReceiveAsync(buffer.AsMemory(filled), Ct) is var read and > 0) filled += read;
        return Encoding.UTF8.GetString(buffer, 0, filled);
    }

    private static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), Ct) is { MessageType: WebSocketMessageType.Binary } got) await socket.SendAsync(buffer.AsMemory(0, got.Count), WebSocketMessageType.Binary, got.EndOfMessage, Ct);
        }
        catch (WebSocketException)
        {
            // The client has gone.
        }
    }

    private static int FreePort(SocketType type, ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
