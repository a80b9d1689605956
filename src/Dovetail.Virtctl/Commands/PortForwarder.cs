using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Dovetail.Virtctl.Client;

namespace Dovetail.Virtctl.Commands;

/// <summary>Local ports, each with a stream of its own for every connection (TCP) or every sender (UDP).</summary>
/// <param name="log">Gets a line for what is opened and what failed; a failed connection ends none of the others.</param>
internal sealed class PortForwarder(KubeVirtClient client, ForwardTarget target, Action<string> log)
{
    private const int BufferBytes = 32 * 1024;
    private const int DatagramBytes = 1500;
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(2);

    /// <summary>Listens until it is cancelled.</summary>
    /// <exception cref="VirtctlException">A port cannot be opened; none is then.</exception>
    public async Task RunAsync(IPAddress address, IReadOnlyList<PortMapping> ports, CancellationToken ct)
    {
        var sockets = new List<Socket>();
        try
        {
            foreach (var port in ports) sockets.Add(Listen(address, port));
            await Task.WhenAll(ports.Select((port, i) => port.Protocol == "udp" ? ReceiveAsync(sockets[i], port, ct) : AcceptAsync(sockets[i], port, ct)));
        }
        finally
        {
            foreach (var socket in sockets) socket.Dispose();
        }
    }

    private Socket Listen(IPAddress address, PortMapping port)
    {
        var isUdp = port.Protocol == "udp";
        var socket = isUdp ? new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port.Local));
            if (!isUdp) socket.Listen();
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new VirtctlException($"listen {port.Protocol} {new IPEndPoint(address, port.Local)}: bind: {e.Message}", e);
        }

        log($"forwarding {port.Protocol} {socket.LocalEndPoint} to {port.Remote}");
        return socket;
    }

    private async Task AcceptAsync(Socket listener, PortMapping port, CancellationToken ct)
    {
        while (true) _ = ServeAsync(await listener.AcceptAsync(ct), port, ct);
    }

    private async Task ServeAsync(Socket local, PortMapping port, CancellationToken ct)
    {
        using (local)
        {
            try
            {
                local.NoDelay = true;
                log($"opening new tcp tunnel to {port.Remote}");
                using var remote = await client.OpenPortAsync(target, port, ct);
                await RelayAsync(local, remote, ct);
            }
            catch (ApiException e)
            {
                log($"can't access {target.Kind}/{target.Name}: {e.Message}");
            }
            catch (Exception e) when (IsEnd(e))
            {
                if (!ct.IsCancellationRequested) log($"error handling connection for {port.Local}: {e.Message}");
            }
        }
    }

    private static async Task RelayAsync(Socket local, WebSocket remote, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var guestLeft = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var down = FromGuestAsync(remote, local, ending.Token);
        var up = ToGuestAsync(local, remote, guestLeft.Token);
        await Task.WhenAny(up, down);
        // A client that has gone has closed in order; what the guest still says comes until its side is closed, too.
        ending.CancelAfter(ClosingLimit);
        await guestLeft.CancelAsync();
        await Task.WhenAll(up, down);
    }

    private static async Task ToGuestAsync(Socket local, WebSocket remote, CancellationToken ct)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await local.ReceiveAsync(buffer, ct) is var read and > 0) await remote.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // One side went away, and the other is told.
        }

        using var closing = new CancellationTokenSource(ClosingLimit);
        try
        {
            if (remote.State is WebSocketState.Open or WebSocketState.CloseReceived) await remote.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", closing.Token);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // It is gone already.
        }
    }

    private static async Task FromGuestAsync(WebSocket remote, Socket local, CancellationToken ct)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await remote.ReceiveAsync(buffer.AsMemory(), ct) is var got && got.MessageType != WebSocketMessageType.Close)
                for (var sent = 0; sent < got.Count;) sent += await local.SendAsync(buffer.AsMemory(sent, got.Count - sent), ct);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // One side went away, and the other is told.
        }
    }

    private async Task ReceiveAsync(Socket socket, PortMapping port, CancellationToken ct)
    {
        var buffer = new byte[DatagramBytes];
        var tunnels = new Dictionary<EndPoint, WebSocket>();
        var anyone = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        try
        {
            while (true)
            {
                var got = await socket.ReceiveFromAsync(buffer, anyone, ct);
                try
                {
                    if (!tunnels.TryGetValue(got.RemoteEndPoint, out var remote) || remote.State != WebSocketState.Open)
                    {
                        remote?.Dispose();
                        log($"opening new udp tunnel to {port.Remote}");
                        tunnels[got.RemoteEndPoint] = remote = await client.OpenPortAsync(target, port, ct);
                        _ = AnswerAsync(remote, socket, got.RemoteEndPoint, ct);
                    }

                    await remote.SendAsync(buffer.AsMemory(0, got.ReceivedBytes), WebSocketMessageType.Binary, endOfMessage: true, ct);
                }
                catch (Exception e) when (e is ApiException || (IsEnd(e) && !ct.IsCancellationRequested))
                {
                    log($"can't access {target.Kind}/{target.Name}: {e.Message}");
                }
            }
        }
        finally
        {
            foreach (var remote in tunnels.Values) remote.Dispose();
        }
    }

    private static async Task AnswerAsync(WebSocket remote, Socket socket, EndPoint sender, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            var filled = 0;
            while (await remote.ReceiveAsync(buffer.AsMemory(filled), ct) is var got && got.MessageType != WebSocketMessageType.Close)
            {
                filled += got.Count;
                if (!got.EndOfMessage) continue;
                await socket.SendToAsync(buffer.AsMemory(0, filled), sender, ct);
                filled = 0;
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The next datagram of this sender opens another one.
        }

        remote.Dispose();
    }

    private static bool IsEnd(Exception e) => e is WebSocketException or SocketException or OperationCanceledException or IOException or ObjectDisposedException;
}
