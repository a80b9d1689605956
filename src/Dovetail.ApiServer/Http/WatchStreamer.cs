using System.Buffers;
using System.Net.WebSockets;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Streams watch events: one JSON object a line, <c>{"type":"ADDED","object":{…}}</c>, or one protobuf frame; in a WebSocket one message an event. What is there is written before anything is flushed, so a
/// burst costs one packet. A client that does not read holds no events: its watch is a cursor in the store, and when history has gone past it, it is told 410.</summary>
internal sealed class WatchStreamer(ObjectRegistry registry, RequestMetrics metrics)
{
    private const int FlushAfter = 64 * 1024;

    /// <exception cref="StatusException">The watch is refused; nothing has been sent.</exception>
    public Task StreamAsync(HttpContext context, ServedResource resource, ObjectTarget target, WatchOptions options, IWatchFormat format, CancellationToken stopping)
    {
        var watch = registry.OpenWatch(target, options);
        var output = new WatchOutput(resource, format, metrics.WatchEvents(resource.Group, resource.Version, resource.Plural));
        return RequestKinds.IsSocket(context.Request) && context.WebSockets.IsWebSocketRequest
            ? ServeSocketAsync(context, watch, output, stopping)
            : ServeBodyAsync(context, watch, output, stopping);
    }

    /// <remarks>Thousands of these wait at the same time: what lives across its awaits is what an idle watcher costs.</remarks>
    private static async Task ServeBodyAsync(HttpContext context, ObjectWatch watch, WatchOutput shown, CancellationToken stopping)
    {
        await using var ended = watch;
        var gone = context.RequestAborted;
        using var whenGone = gone.UnsafeRegister(static w => ((ObjectWatch)w!).Wake(), watch);
        using var whenStopping = stopping.UnsafeRegister(static w => ((ObjectWatch)w!).Wake(), watch);
        var output = context.Response.BodyWriter;
        context.Response.StatusCode = 200;
        context.Response.ContentType = shown.Format.ContentType;
        try
        {
            await context.Response.StartAsync(gone);
            while (true)
            {
                while (watch.TryRead(out var change))
                {
                    shown.Write(output, change);
                    if (output.UnflushedBytes > FlushAfter && (await output.FlushAsync(gone)).IsCompleted) return;
                }

                var flushed = await output.FlushAsync(gone);
                if (flushed.IsCompleted || watch.HasEnded || gone.IsCancellationRequested || stopping.IsCancellationRequested) return;
                await watch.WaitAsync();
            }
        }
        catch (StatusException e)
        {
            // The headers are gone: the refusal is the stream's last event. Of a revision that is gone upstream tells in the stream, too: informers look for it there.
            shown.Format.WriteFailure(output, e.Status);
            await output.FlushAsync(gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // A watch that ends with its client is no error.
        }
    }

    private static async Task ServeSocketAsync(HttpContext context, ObjectWatch watch, WatchOutput shown, CancellationToken stopping)
    {
        await using var ended = watch;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var ct = either.Token;
        using var whenEither = ct.UnsafeRegister(static w => ((ObjectWatch)w!).Wake(), watch);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var type = shown.Format.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        var buffer = new ArrayBufferWriter<byte>(1024);
        try
        {
            while (!watch.HasEnded)
            {
                while (watch.TryRead(out var change))
                {
                    buffer.ResetWrittenCount();
                    shown.Write(buffer, change);
                    await socket.SendAsync(buffer.WrittenMemory, type, endOfMessage: true, ct);
                }

                if (!watch.HasEnded) await watch.WaitAsync();
                ct.ThrowIfCancellationRequested();
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
        }
        catch (StatusException e)
        {
            buffer.ResetWrittenCount();
            shown.Format.WriteFailure(buffer, e.Status);
            await socket.SendAsync(buffer.WrittenMemory, type, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException || (e is OperationCanceledException && ct.IsCancellationRequested))
        {
            // The client has gone, or the server goes: a watch that ends is no error.
        }
    }

    /// <summary>Events of one resource in one format, counted.</summary>
    private readonly record struct WatchOutput(ServedResource Resource, IWatchFormat Format, RequestMetrics.Counter Sent)
    {
        public void Write(IBufferWriter<byte> output, ObjectEvent change)
        {
            Format.Write(output, Resource, change);
            Sent.Add(1);
        }
    }
}
