using System.Net.WebSockets;

namespace Dovetail.Virtctl.Console;

public enum ConsoleEnd
{
    /// <summary>The user left: by the escape byte, or because the input ended.</summary>
    Left,

    /// <summary>The server closed in good order.</summary>
    Closed,

    /// <summary>The connection broke: the guest was powered off, or another client took the console.</summary>
    Disconnected,
}

/// <summary>Couples the terminal with a console's stream until one side ends.</summary>
public static class ConsoleSession
{
    /// <summary>Ctrl+], also Ctrl+5.</summary>
    public const byte Escape = 0x1D;

    /// <param name="escape">The byte by which the user leaves; null for none.</param>
    public static async Task<ConsoleEnd> RunAsync(WebSocket socket, ITerminal terminal, byte? escape, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var upstream = SendAsync(socket, terminal, escape, stop.Token);
        var downstream = ReceiveAsync(socket, terminal, stop.Token);
        var first = await Task.WhenAny(upstream, downstream);
        try
        {
            return await first;
        }
        finally
        {
            await stop.CancelAsync();
            try
            {
                await (first == upstream ? downstream : upstream);
            }
            catch (OperationCanceledException)
            {
                // told to
            }
        }
    }

    private static async Task<ConsoleEnd> SendAsync(WebSocket socket, ITerminal terminal, byte? escapeByte, CancellationToken ct)
    {
        var buffer = new byte[10240];
        try
        {
            while (true)
            {
                var count = await terminal.ReadAsync(buffer, ct);
                var escape = escapeByte is { } leaves ? buffer.AsSpan(0, count).IndexOf(leaves) : -1;
                if (escape >= 0) count = escape;
                if (count > 0) await socket.SendAsync(buffer.AsMemory(0, count), WebSocketMessageType.Binary, endOfMessage: true, ct);
                if (count == 0 || escape >= 0) return ConsoleEnd.Left;
            }
        }
        catch (WebSocketException)
        {
            return ConsoleEnd.Disconnected;
        }
    }

    private static async Task<ConsoleEnd> ReceiveAsync(WebSocket socket, ITerminal terminal, CancellationToken ct)
    {
        var buffer = new byte[10240];
        try
        {
            while (true)
            {
                var message = await socket.ReceiveAsync(buffer.AsMemory(), ct);
                if (message.MessageType == WebSocketMessageType.Close) return socket.CloseStatus == WebSocketCloseStatus.NormalClosure ? ConsoleEnd.Closed : ConsoleEnd.Disconnected;
                if (message.MessageType == WebSocketMessageType.Binary) await terminal.WriteAsync(buffer.AsMemory(0, message.Count), ct);
            }
        }
        catch (WebSocketException)
        {
            return ConsoleEnd.Disconnected;
        }
    }
}
