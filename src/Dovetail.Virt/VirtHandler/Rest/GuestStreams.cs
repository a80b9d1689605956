using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net.WebSockets;
using Dovetail.Runtime.Seam;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtHandler.Rest;

/// <summary>Relays between WebSockets and guests' unix sockets (serial console, VNC). One client a stream: the next one takes it over.</summary>
internal sealed class GuestStreams(ILogger logger)
{
    private const int ReplayBytes = 64 * 1024;
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(NamespacedName Vmi, string Kind), Client> clients = new();

    /// <summary>Relays until either side ends, or another client comes.</summary>
    /// <param name="key">The stream.</param>
    /// <param name="pid">A process of the sandbox.</param>
    /// <param name="socketPath">Inside the sandbox.</param>
    /// <param name="logPath">What the guest has said so far, to be sent first; null for none.</param>
    /// <param name="web">The client.</param>
    /// <param name="ct">Ends the stream.</param>
    public async Task RelayAsync((NamespacedName Vmi, string Kind) key, int pid, string socketPath, string? logPath, WebSocket web, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var me = new Client(ending, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await TakeOverAsync(key, me);
        Task toGuest = Task.CompletedTask;
        try
        {
            using var socket = await ConnectAsync(pid, socketPath, ending.Token);
            if (logPath is not null) await ReplayAsync(pid, logPath, web, ending.Token);
            var fromGuest = FromGuestAsync(socket, web, ending.Token);

            // Not ended by the same token: a WebSocket whose receive is cancelled can no longer be closed in order.
            toGuest = ToGuestAsync(web, socket, ct);
            await Task.WhenAny(fromGuest, toGuest);
            await ending.CancelAsync();
            await fromGuest;
        }
        catch (Exception e) when (e is IOException or SocketException or WebSocketException or OperationCanceledException)
        {
            if (e is not OperationCanceledException) logger.StreamEnded(key.Vmi, key.Kind, e.Message);
        }
        finally
        {
            clients.TryRemove(new(key, me));
            me.Left.TrySetResult();
        }

        await CloseAsync(web, toGuest);
    }

    /// <summary>QEMU's socket serves one client at a time, so the one before has to be gone first.</summary>
    private async Task TakeOverAsync((NamespacedName Vmi, string Kind) key, Client me)
    {
        while (!clients.TryAdd(key, me))
        {
            if (!clients.TryGetValue(key, out var other)) continue;
            logger.StreamTakenOver(key.Vmi, key.Kind, "the one before");
            await other.EndAsync();
        }
    }

    private static async Task<Socket> ConnectAsync(int pid, string path, CancellationToken ct)
    {
        using var name = SandboxFiles.OpenName(pid, path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"/proc/self/fd/{name.DangerousGetHandle()}"), ct);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task ReplayAsync(int pid, string logPath, WebSocket web, CancellationToken ct)
    {
        byte[] tail;
        try
        {
            using var log = SandboxFiles.OpenForReading(pid, logPath);
            var length = RandomAccess.GetLength(log);
            tail = new byte[Math.Min(length, ReplayBytes)];
            tail = tail[..RandomAccess.Read(log, tail, length - tail.Length)];
        }
        catch (IOException)
        {
            // A console without a log (logSerialConsole: false) starts with what comes next.
            return;
        }

        if (tail.Length > 0) await web.SendAsync(tail, WebSocketMessageType.Binary, endOfMessage: true, ct);
    }

    private static async Task FromGuestAsync(Socket guest, WebSocket web, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (await guest.ReceiveAsync(buffer, ct) is var read and > 0) await web.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, ct);
    }

    private static async Task ToGuestAsync(WebSocket web, Socket guest, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = await web.ReceiveAsync(buffer.AsMemory(), ct);
            if (received.MessageType == WebSocketMessageType.Close) return;
            for (var sent = 0; sent < received.Count;) sent += await guest.SendAsync(buffer.AsMemory(sent, received.Count - sent), ct);
        }
    }

    /// <summary>Says goodbye and waits a moment for the client to say it too.</summary>
    private static async Task CloseAsync(WebSocket web, Task receiving)
    {
        using var patience = new CancellationTokenSource(Goodbye, TimeProvider.System);
        try
        {
            if (web.State is WebSocketState.Open or WebSocketState.CloseReceived) await web.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
            await receiving.WaitAsync(patience.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            web.Abort();
        }

        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed record Client(CancellationTokenSource Ending, TaskCompletionSource Left)
    {
        public async Task EndAsync()
        {
            try
            {
                await Ending.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It is leaving by itself.
            }

            await Left.Task;
        }
    }
}
