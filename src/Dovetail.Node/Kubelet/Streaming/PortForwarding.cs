using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>
/// Port forwarding: SPDY, bare or inside a WebSocket (KEP-4006), with a pair of streams a connection, <c>error</c> and <c>data</c>, that name the port and carry the same request id.
/// </summary>
/// <param name="connect">Connects to a port of the pod.</param>
/// <param name="pod">As errors name it, <c>name_namespace</c>.</param>
/// <param name="uid">The pod's.</param>
internal sealed class PortForwarding(Func<int, CancellationToken, Task<Stream>> connect, string pod, string uid)
{
    private const string Version = "portforward.k8s.io";
    private const string Tunnel = $"{SpdyUpgrade.Protocol}+{Version}";
    private readonly ConcurrentDictionary<string, SpdyStream> halves = new();
    private readonly ConcurrentDictionary<Task, bool> running = new();

    public async Task ServeAsync(HttpContext context, ILogger logger, CancellationToken ct)
    {
        if (await AcceptAsync(context, ct) is not { } transport) return;
        await using (transport)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
            try
            {
                await new SpdyConnection(transport).RunAsync(stream => Opened(stream, end.Token), end.Token);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or WebSocketException or OperationCanceledException)
            {
                logger.ForwardingEnded(pod, e.Message);
            }

            await end.CancelAsync();
            await Task.WhenAll(running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<Stream?> AcceptAsync(HttpContext context, CancellationToken ct)
    {
        if (context.WebSockets.IsWebSocketRequest && context.WebSockets.WebSocketRequestedProtocols.Contains(Tunnel))
            return await WebSocketTunnel.AcceptAsync(context, Tunnel);
        if (!context.WebSockets.IsWebSocketRequest && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && context.Request.Headers.Upgrade == SpdyUpgrade.Protocol)
            return await SpdyUpgrade.AcceptAsync(context, Version, ct);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        await context.Response.WriteAsync($"unable to upgrade: ports are forwarded over {SpdyUpgrade.Protocol} or a WebSocket with the protocol {Tunnel}", ct);
        return null;
    }

    private bool Opened(SpdyStream stream, CancellationToken ct)
    {
        var type = stream.Header("streamtype");
        if (type is not ("data" or "error") || Port(stream) is null) return false;
        var request = stream.Header("requestid");
        // Old clients name no request; they open the error stream first, and the data stream right behind it.
        if (request.Length == 0) request = (type == "error" ? stream.Id : stream.Id - 2).ToString(CultureInfo.InvariantCulture);
        if (!halves.TryRemove(request, out var other)) return halves.TryAdd(request, stream);
        if (other.Header("streamtype") == type) return false;
        var pair = type == "data" ? ForwardAsync(stream, other, ct) : ForwardAsync(other, stream, ct);
        running.TryAdd(pair, true);
        _ = pair.ContinueWith(done => running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return true;
    }

    private static int? Port(SpdyStream stream) => ushort.TryParse(stream.Header("port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;

    private async Task ForwardAsync(SpdyStream data, SpdyStream error, CancellationToken ct)
    {
        await Task.Yield(); // the stream's reply goes out first
        var port = Port(data)!.Value;
        try
        {
            await using (var remote = await connect(port, ct)) await RelayAsync(data, remote, ct);
            await data.CompleteAsync(ct);
            await error.CompleteAsync(ct);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            var cause = $"error forwarding port {port} to pod {pod}, uid {uid}: {e.Message}";
            await error.WriteAsync(System.Text.Encoding.UTF8.GetBytes(cause), ct);
            await error.CompleteAsync(ct);
            await data.ResetAsync(ct);
        }
        finally
        {
            await data.StopReadingAsync();
        }
    }

    /// <summary>Until the pod's side has said everything. The other direction ends with it.</summary>
    private static async Task RelayAsync(SpdyStream data, Stream remote, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var up = CopyUpAsync(data, remote, end.Token);
        try
        {
            await remote.CopyToAsync(data, ct);
        }
        finally
        {
            await end.CancelAsync();
            await up.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task CopyUpAsync(SpdyStream data, Stream remote, CancellationToken ct)
    {
        await data.CopyToAsync(remote, ct);
        // The client has said everything; the answer may still come.
        if (remote is System.Net.Sockets.NetworkStream { Socket: { Connected: true } socket }) socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
    }
}
