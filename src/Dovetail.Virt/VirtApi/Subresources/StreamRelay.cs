using System.Net.WebSockets;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>Passes bytes between two WebSockets until one ends; then the other is closed in order.</summary>
internal static class StreamRelay
{
    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(WebSocket client, WebSocket server, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var up = CopyAsync(client, server, ended.Token);
        var down = CopyAsync(server, client, ended.Token);
        await Task.WhenAny(up, down);
        using var closing = new CancellationTokenSource(ClosingLimit);
        await Task.WhenAll(CloseAsync(client, closing.Token), CloseAsync(server, closing.Token));
        // A connection that is cut before its close has been read shows as 1006, which virtctl takes for a lost one: both sides get the time to answer the close.
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
