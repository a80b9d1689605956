using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Streams watch events: one JSON object a line, <c>{"type":"ADDED","object":{…}}</c>, or one protobuf frame; in a WebSocket one message an event. What is there is written before anything is flushed, so a
/// burst costs one packet. A client that does not read holds no events: its watch is a cursor in the store, and when history has gone past it, it is told 410.</summary>
internal sealed class WatchStreamer(IObjectApi api, RequestMetrics metrics)
{
    private const int FlushAfter = 64 * 1024;

    public async Task StreamAsync(HttpContext context, ServedResource resource, ObjectTarget target, WatchOptions options, IWatchFormat format, CancellationToken ct)
    {
        await using var events = api.WatchAsync(target, options, ct).GetAsyncEnumerator(ct);
        // The first step tells refusals; as long as nothing has happened it does not end, and the client waits for the headers.
        var step = events.MoveNextAsync();
        Task<bool> first;
        if (step.IsCompleted)
        {
            try
            {
                first = Task.FromResult(await step);
            }
            catch (StatusException e) when (e.Status.Code == StatusCodes.Status410Gone)
            {
                // A revision that is gone is told in the stream, as upstream does: informers look for it there.
                first = Task.FromException<bool>(e);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
        else
        {
            first = step.AsTask();
        }

        var output = new WatchOutput(resource, format, metrics.WatchEvents(resource.Group, resource.Version, resource.Plural));
        if (context.WebSockets.IsWebSocketRequest) await ServeSocketAsync(context, events, first, output, ct);
        else await ServeBodyAsync(context, events, first, output, ct);
    }

    private static async Task ServeBodyAsync(HttpContext context, IAsyncEnumerator<ObjectEvent> events, Task<bool> first, WatchOutput shown, CancellationToken ct)
    {
        var output = context.Response.BodyWriter;
        var waiting = first;
        try
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = shown.Format.ContentType;
            await context.Response.StartAsync(ct);
            if (!first.IsCompleted) await FlushAsync(output, ct);
            var more = await first;
            while (more)
            {
                shown.Write(output, events.Current);
                var step = events.MoveNextAsync();
                if (step.IsCompleted)
                {
                    more = await step;
                    if (output.UnflushedBytes > FlushAfter) await FlushAsync(output, ct);
                    continue;
                }

                waiting = step.AsTask();
                await FlushAsync(output, ct);
                more = await waiting;
            }

            await output.FlushAsync(ct);
        }
        catch (StatusException e)
        {
            // The headers are gone: the refusal is the stream's last event.
            shown.Format.WriteFailure(output, e.Status);
            await output.FlushAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The client has gone, or the server goes: a watch that ends is no error.
        }
        finally
        {
            await EndedAsync(context, waiting);
        }
    }

    /// <summary>An enumerator may only be disposed of between its steps: one that still waits, because writing failed beside it, is ended with the request.</summary>
    private static async Task EndedAsync(HttpContext context, Task<bool> waiting)
    {
        if (!waiting.IsCompleted) context.Abort();
        try
        {
            await waiting;
        }
        catch (Exception e) when (e is OperationCanceledException or StatusException)
        {
            // Whoever awaited it first has heard of it, and nobody watches any more.
        }
    }

    private static async Task ServeSocketAsync(HttpContext context, IAsyncEnumerator<ObjectEvent> events, Task<bool> first, WatchOutput shown, CancellationToken ct)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var type = shown.Format.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        var buffer = new ArrayBufferWriter<byte>(1024);
        try
        {
            var step = new ValueTask<bool>(first);
            while (await step)
            {
                buffer.ResetWrittenCount();
                shown.Write(buffer, events.Current);
                await socket.SendAsync(buffer.WrittenMemory, type, endOfMessage: true, ct);
                step = events.MoveNextAsync();
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

    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken ct)
    {
        var result = await output.FlushAsync(ct);
        if (result.IsCompleted) throw new OperationCanceledException(ct);
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
