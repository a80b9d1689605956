using System.Buffers;
using System.Globalization;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Protobuf;
using Dovetail.Machinery.Tables;

namespace Dovetail.ApiServer.Http;

/// <summary>How the objects of events are represented.</summary>
internal interface IWatchFormat
{
    string ContentType { get; }

    /// <summary>JSON events are text, also in a WebSocket.</summary>
    bool IsText => true;

    void Write(IBufferWriter<byte> output, ServedResource resource, ObjectEvent change);

    /// <summary>The event ERROR, which ends the stream.</summary>
    void WriteFailure(IBufferWriter<byte> output, ApiStatus status)
    {
        output.Write("{\"type\":\"ERROR\",\"object\":"u8);
        output.Write(StatusJson.Failure(status));
        output.Write("}\n"u8);
    }
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
    public string ContentType => MediaType.Json;

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

    public string ContentType => MediaType.Json;

    public void Write(IBufferWriter<byte> output, ServedResource resource, ObjectEvent change)
    {
        output.Write(WatchLine.Start(change.Type));
        // A bookmark is a row as well, of an object that has a revision only; the one that ends the initial events is known by its annotation, whatever was asked to be included.
        var row = change.Type == ObjectEventType.Bookmark ? WatchLine.Bookmark(resource.Kind, resource.ApiVersion, change) : change.Object.Json;
        var metadata = new ListMetadata(change.Object.Revision.ToString(CultureInfo.InvariantCulture));
        var included = change.InitialEventsEnd && include == IncludeObject.None ? IncludeObject.Metadata : include;
        TableWriter.WriteTable(output, resource.Table, metadata, [row], included, time.GetUtcNow(), withColumns: !columnsSent, negotiated.MetaVersion);
        columnsSent = true;
        output.Write("}\n"u8);
    }
}

/// <summary>Frames of <see cref="ProtobufAnswers.WatchFrame"/>.</summary>
internal sealed class ProtobufWatchFormat(Negotiated negotiated) : IWatchFormat
{
    private readonly ArrayBufferWriter<byte> enveloped = new(1024);

    public string ContentType => $"{MediaType.Protobuf};stream=watch";

    public bool IsText => false;

    public void Write(IBufferWriter<byte> output, ServedResource resource, ObjectEvent change)
    {
        var json = change.Type == ObjectEventType.Bookmark ? WatchLine.Bookmark(resource.Kind, resource.ApiVersion, change) : change.Object.Json;
        enveloped.ResetWrittenCount();
        if (negotiated.As == Representation.PartialMetadata) ProtobufAnswers.PartialMetadata(enveloped, json.Span, negotiated.MetaVersion);
        else ProtobufAnswers.Object(enveloped, json.Span);
        ProtobufAnswers.WatchFrame(output, WatchLine.Name(change.Type), enveloped.WrittenSpan);
    }

    public void WriteFailure(IBufferWriter<byte> output, ApiStatus status)
    {
        enveloped.ResetWrittenCount();
        ProtobufAnswers.Object(enveloped, StatusJson.Failure(status));
        ProtobufAnswers.WatchFrame(output, "ERROR"u8, enveloped.WrittenSpan);
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

    public static ReadOnlySpan<byte> Name(ObjectEventType type) => type switch
    {
        ObjectEventType.Added => "ADDED"u8,
        ObjectEventType.Modified => "MODIFIED"u8,
        ObjectEventType.Deleted => "DELETED"u8,
        ObjectEventType.Bookmark => "BOOKMARK"u8,
    };

    /// <summary>An object that has nothing but a revision.</summary>
    public static byte[] Bookmark(string kind, string apiVersion, ObjectEvent change)
    {
        var annotation = change.InitialEventsEnd ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        return Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\",\"metadata\":{{\"resourceVersion\":\"{change.Object.Revision}\"{annotation}}}}}"));
    }
}
