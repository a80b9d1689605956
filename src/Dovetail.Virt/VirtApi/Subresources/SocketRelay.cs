using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>Passes bytes between a client's WebSocket and a connected socket until one ends. Buffers are rented once a connection; nothing is allocated for a message.</summary>
internal static class SocketRelay
{
    /// <summary>As large as the largest datagram, so that each is one message.</summary>
    private const int BufferBytes = 64 * 1024;
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(2);

    /// <param name="client">Binary messages; others are skipped.</param>
    /// <param name="guest">Connected. What has been read of it is sent before the client is closed. It is disposed at the end of either.</param>
    /// <param name="isDatagrams">A message is a datagram; otherwise the boundaries of messages mean nothing.</param>
    /// <param name="ct">Ends both.</param>
    public static async Task RunAsync(WebSocket client, Socket guest, bool isDatagrams, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var clientLeft = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
        var up = ToGuestAsync(client, guest, isDatagrams, ended.Token);
        var down = FromGuestAsync(guest, client, isDatagrams, clientLeft.Token, ended.Token);
        await Task.WhenAny(up, down);
        // Only the wait for the guest ends at once: a send that is cut off would break the WebSocket, which is to be closed in order. For that the client has a moment.
        await clientLeft.CancelAsync();
        ended.CancelAfter(ClosingLimit);
        await down;
        guest.Dispose();
        await CloseAsync(client, ended.Token);
        await up;
    }

    private static async Task ToGuestAsync(WebSocket client, Socket guest, bool isDatagrams, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var filled = 0;
            while (filled < buffer.Length)
            {
                var got = await client.ReceiveAsync(buffer.AsMemory(filled), ct);
                if (got.MessageType == WebSocketMessageType.Close) return;
                if (got.MessageType != WebSocketMessageType.Binary) continue;
                filled += got.Count;
                if (isDatagrams && !got.EndOfMessage) continue;
                for (var sent = 0; sent < filled;) sent += await guest.SendAsync(buffer.AsMemory(sent, filled - sent), ct);
                filled = 0;
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // One side went away, and the other is told.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task FromGuestAsync(Socket guest, WebSocket client, bool isDatagrams, CancellationToken reading, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            // An empty datagram is one; an empty read of a connection is its end.
            while (await guest.ReceiveAsync(buffer, reading) is var read && (read > 0 || isDatagrams))
                await client.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // One side went away, and the other is told.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task CloseAsync(WebSocket client, CancellationToken ct)
    {
        try
        {
            if (client.State is WebSocketState.Open or WebSocketState.CloseReceived) await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", ct);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // It is gone already.
        }
    }

    private static bool IsEnd(Exception e) => e is WebSocketException or SocketException or OperationCanceledException or IOException or ObjectDisposedException;
}
