using System.Net.WebSockets;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>Passes bytes between a client's WebSocket and virt-handler's until one ends. A client that leaves is closed in order; one that loses its guest is cut off, as upstream does it.</summary>
internal static class StreamRelay
{
    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(WebSocket client, WebSocket server, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var up = CopyAsync(client, server, ended.Token);
        var down = CopyAsync(server, client, ended.Token);
        var clientLeft = await Task.WhenAny(up, down) == up;
        using var closing = new CancellationTokenSource(ClosingLimit);
        await CloseAsync(server, closing.Token);
        // The guest is gone, or another client has its stream. An orderly close would look to virtctl like its user's leaving: it would end without a word. Only a connection
        // that ends without one (1006) makes it say what may have happened, and fail. So this request just ends, and the read of the client with it: cancelled, it would reset
        // the connection, which is no 1006 either.
        if (!clientLeft) return;
        await CloseAsync(client, closing.Token);
        // A connection that is cut before its close has been read shows as 1006, too: both sides get the time to answer the close.
        ended.CancelAfter(ClosingLimit);
        await Task.WhenAll(up, down);
    }

    private static async Task CopyAsync(WebSocket from, WebSocket to, CancellationToken ct)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var got = await from.ReceiveAsync(buffer.AsMemory(), ct);
                if (got.MessageType == WebSocketMessageType.Close) return;
                // Message boundaries mean nothing in this protocol; what is not binary is skipped, as upstream does.
                if (got.MessageType == WebSocketMessageType.Binary) await to.SendAsync(buffer.AsMemory(0, got.Count), WebSocketMessageType.Binary, endOfMessage: true, ct);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // One side went away: the other is told by the close below.
        }
    }

    private static async Task CloseAsync(WebSocket socket, CancellationToken ct)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", ct);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }
}
