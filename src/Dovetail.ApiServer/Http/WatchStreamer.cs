using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Tables;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Streams watch events, one JSON object a line: <c>{"type":"ADDED","object":{…}}</c>. What is there is written before anything is flushed, so a burst costs one packet.</summary>
internal sealed class WatchStreamer(IObjectApi api)
{
    public async Task StreamAsync(HttpContext context, ServedResource resource, ObjectTarget target, WatchOptions options, IWatchFormat format, CancellationToken ct)
    {
        var output = context.Response.BodyWriter;
        await using var events = api.WatchAsync(target, options, ct).GetAsyncEnumerator(ct);
        var started = false;
        try
        {
            // The first step tells refusals; as long as nothing has happened it does not end, and the client waits for the headers.
            var step = events.MoveNextAsync();
            if (!step.IsCompleted) await StartAsync();
            while (await step)
            {
                if (!started) await StartAsync();
                format.Write(output, resource, events.Current);
                step = events.MoveNextAsync();
                if (!step.IsCompleted || output.UnflushedBytes > 64 * 1024) await FlushAsync(output, ct);
            }

            if (!started) await StartAsync();
            await output.FlushAsync(ct);
        }
        catch (StatusException e) when (started)
        {
            // The headers are gone: the refusal is the stream's last event.
            output.Write("{\"type\":\"ERROR\",\"object\":"u8);
            output.Write(StatusJson.Failure(e.Status));
            output.Write("}\n"u8);
            await output.FlushAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The client has gone, or the server goes: a watch that ends is no error.
        }

        async Task StartAsync()
        {
            started = true;
            context.Response.StatusCode = 200;
            context.Response.ContentType = format.ContentType;
            await context.Response.StartAsync(ct);
            await output.FlushAsync(ct);
        }
    }

    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken ct)
    {
        var result = await output.FlushAsync(ct);
        if (result.IsCompleted) throw new OperationCanceledException(ct);
    }
}

/// <summary>How the objects of events are represented.</summary>
internal interface IWatchFormat
{
    string ContentType { get; }

    void Write(IBufferWriter<byte> output, ServedResource resource, ObjectEvent change);
}

/// <summary>Objects as they are.</summary>
internal sealed class ObjectWatchFormat : IWatchFormat
{
    public static ObjectWatchFormat Instance { get; } = new();

    public string ContentType => MediaType.Json;

    public void Write(IBufferWriter<byte> output, ServedResource resource, ObjectEvent change)
    {
        output.Write(WatchLine.Start(change.Type));
        if (change.Type == ObjectEventType.Bookmark) output.Write(WatchLine.Bookmark(resource.Kind, resource.ApiVersion, change));
        else output.Write(change.Object.Json.Span);
        output.Write("}\n"u8);
    }
}

/// <summary>Only metadata.</summary>
internal sealed class MetadataWatchFormat(Negotiated negotiated) : IWatchFormat
{
    public string ContentType => negotiated.ContentType;

    public void Write(IBufferWriter<byte> output, ServedResource resource, ObjectEvent change)
    {
        output.Write(WatchLine.Start(change.Type));
        if (change.Type == ObjectEventType.Bookmark) output.Write(WatchLine.Bookmark("PartialObjectMetadata", $"meta.k8s.io/{negotiated.MetaVersion}", change));
        else MetadataListBody.WriteOne(output, change.Object.Json.Span, negotiated.MetaVersion);
        output.Write("}\n"u8);
    }
}

/// <summary>Tables of one row; only the first carries the columns' definitions.</summary>
internal sealed class TableWatchFormat(Negotiated negotiated, IncludeObject include, TimeProvider time) : IWatchFormat
{
    private bool columnsSent;

    public string ContentType => negotiated.ContentType;

    public void Write(IBufferWriter<byte> output, ServedResource resource, ObjectEvent change)
    {
        output.Write(WatchLine.Start(change.Type));
        // A bookmark is a row as well, of an object that has a revision only; the one that ends the initial events is known by its annotation, whatever was asked to be included.
        ReadOnlyMemory<byte> row = change.Type == ObjectEventType.Bookmark ? WatchLine.Bookmark(resource.Kind, resource.ApiVersion, change) : change.Object.Json;
        var metadata = new ListMetadata(change.Object.Revision.ToString(CultureInfo.InvariantCulture));
        var included = change.InitialEventsEnd && include == IncludeObject.None ? IncludeObject.Metadata : include;
        TableWriter.WriteTable(output, resource.Table, metadata, [row], included, time.GetUtcNow(), withColumns: !columnsSent, negotiated.MetaVersion);
        columnsSent = true;
        output.Write("}\n"u8);
    }
}

internal static class WatchLine
{
    public static ReadOnlySpan<byte> Start(ObjectEventType type) => type switch
    {
        ObjectEventType.Added => "{\"type\":\"ADDED\",\"object\":"u8,
        ObjectEventType.Modified => "{\"type\":\"MODIFIED\",\"object\":"u8,
        ObjectEventType.Deleted => "{\"type\":\"DELETED\",\"object\":"u8,
        ObjectEventType.Bookmark => "{\"type\":\"BOOKMARK\",\"object\":"u8,
    };

    /// <summary>An object that has nothing but a revision.</summary>
    public static byte[] Bookmark(string kind, string apiVersion, ObjectEvent change)
    {
        var annotation = change.InitialEventsEnd ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        return Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\",\"metadata\":{{\"resourceVersion\":\"{change.Object.Revision}\"{annotation}}}}}"));
    }
}
