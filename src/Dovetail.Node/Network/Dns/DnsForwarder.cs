using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Network.Dns;

/// <summary>
/// The name server of pods and guests: passes queries (UDP and TCP) from the bridge's gateway address on to the servers of the host's resolv.conf, in turn. Without a server, or when none
/// answers, the client is told SERVFAIL, so that it does not wait out its own timeout. Bounded: what comes while too many queries are under way is told SERVFAIL at once.
/// </summary>
internal sealed class DnsForwarder(IPEndPoint address, Func<IReadOnlyList<IPEndPoint>> servers, TimeProvider time, ILogger logger)
{
    private const int MaxUnderWay = 256;
    private const int MaxUdpBytes = 4096;
    private static readonly TimeSpan ServerLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);
    private int underWay;

    private delegate Task<byte[]?> Ask(IPEndPoint server, byte[] query, CancellationToken ct);

    /// <summary>Serves until cancelled; an address that cannot be bound (the bridge is gone) is tried again.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                udp.Bind(address);
                tcp.Bind(address);
                tcp.Listen(64);
                await await Task.WhenAny(ServeUdpAsync(udp, ct), ServeTcpAsync(tcp, ct));
            }
            catch (SocketException e)
            {
                logger.DnsFailed(address.ToString(), e.Message);
            }

            await Task.Delay(RetryInterval, time, ct);
        }
    }

    private async Task ServeUdpAsync(Socket socket, CancellationToken ct)
    {
        var buffer = new byte[MaxUdpBytes];
        while (true)
        {
            var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), ct);
            if (!DnsMessage.IsQuery(buffer.AsSpan(0, received.ReceivedBytes))) continue;
            _ = AnswerUdpAsync(socket, buffer[..received.ReceivedBytes], received.RemoteEndPoint, ct);
        }
    }

    private async Task AnswerUdpAsync(Socket socket, byte[] query, EndPoint client, CancellationToken ct)
    {
        try
        {
            await socket.SendToAsync(await AnswerAsync(query, AskUdpAsync, ct), SocketFlags.None, client, ct);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client or we are gone.
        }
    }

    private async Task ServeTcpAsync(Socket listener, CancellationToken ct)
    {
        while (true) _ = ServeConnectionAsync(await listener.AcceptAsync(ct), ct);
    }

    private async Task ServeConnectionAsync(Socket client, CancellationToken ct)
    {
        try
        {
            using var stream = new NetworkStream(client, ownsSocket: true);
            while (await ReadAsync(stream, ct) is { } query && DnsMessage.IsQuery(query))
                await WriteAsync(stream, await AnswerAsync(query, AskTcpAsync, ct), ct);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client went away or was silent for too long.
        }
    }

    private async Task<byte[]> AnswerAsync(byte[] query, Ask ask, CancellationToken ct)
    {
        try
        {
            if (Interlocked.Increment(ref underWay) > MaxUnderWay) return DnsMessage.Failure(query);
            foreach (var server in servers())
            {
                if (await TryAskAsync(server, query, ask, ct) is { } answer) return answer;
            }

            return DnsMessage.Failure(query);
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
        }
    }

    private async Task<byte[]?> TryAskAsync(IPEndPoint server, byte[] query, Ask ask, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(ServerLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await ask(server, query, either.Token);
        }
        catch (Exception e) when (e is SocketException or IOException || e is OperationCanceledException && !ct.IsCancellationRequested)
        {
            return null; // the next one
        }
    }

    /// <summary>A socket of its own for each query: its random port, with the id, is what makes a forged answer hard.</summary>
    private static async Task<byte[]?> AskUdpAsync(IPEndPoint server, byte[] query, CancellationToken ct)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, ct);
        await socket.SendAsync(query, ct);
        var buffer = new byte[MaxUdpBytes];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, ct);
            if (length >= DnsMessage.HeaderBytes && DnsMessage.Id(buffer) == DnsMessage.Id(query)) return buffer[..length];
        }
    }

    private async Task<byte[]?> AskTcpAsync(IPEndPoint server, byte[] query, CancellationToken ct)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, ct);
        using var stream = new NetworkStream(socket);
        await WriteAsync(stream, query, ct);
        return await ReadAsync(stream, ct);
    }

    /// <summary>Over TCP a message follows its length in two bytes (RFC 1035 §4.2.2). Null at the end of the stream.</summary>
    private async Task<byte[]?> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        using var idle = new CancellationTokenSource(IdleLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, idle.Token);
        var length = new byte[2];
        if (await stream.ReadAtLeastAsync(length, 2, throwOnEndOfStream: false, either.Token) < 2) return null;
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        return await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, either.Token) == message.Length ? message : null;
    }

    private static async Task WriteAsync(NetworkStream stream, byte[] message, CancellationToken ct)
    {
        var framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, 2);
        await stream.WriteAsync(framed, ct);
    }
}
