using System.Buffers;
using System.Globalization;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Protobuf;
using Dovetail.Machinery.Tables;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Objects and lists in the representation that was negotiated.</summary>
internal readonly struct ResponseFormat
{
    private readonly Negotiated negotiated;
    private readonly IncludeObject include;
    private readonly TimeProvider time;

    private ResponseFormat(Negotiated negotiated, IncludeObject include, TimeProvider time) => (this.negotiated, this.include, this.time) = (negotiated, include, time);

    /// <exception cref="StatusException">406: nothing that the client takes can be sent. 400: an includeObject that is none.</exception>
    public static ResponseFormat Of(HttpRequest request, ServedResource? resource, TimeProvider time, bool streams = false)
    {
        var custom = resource?.Custom ?? false;
        var negotiated = MediaType.Negotiate(request, new Servable(Protobuf: !custom, Transforms: resource is { Virtual: false }, Streams: streams, BuiltIn: resource is { Custom: false }));
        if (negotiated.As != Representation.Table) return new(negotiated, IncludeObject.Metadata, time);
        var include = QueryOptions.Text(request.Query, "includeObject") switch
        {
            "" or "Metadata" => IncludeObject.Metadata,
            "None" => IncludeObject.None,
            "Object" => IncludeObject.Object,
            var other => throw Refusals.BadRequest($"Unable to convert to Table as requested: includeObject: Invalid value: \"{other}\": must be 'Metadata', 'Object', 'None', or empty"),
        };
        return new(negotiated, include, time);
    }

    /// <exception cref="StatusException">406: YAML is nothing to stream.</exception>
    public IWatchFormat Watch() => (negotiated.As, negotiated.Format) switch
    {
        (_, WireFormat.Yaml) => throw MediaType.NotAcceptable($"only the following media types are accepted: {MediaType.Json};stream=watch, {MediaType.Protobuf};stream=watch"),
        (_, WireFormat.Protobuf) => new ProtobufWatchFormat(negotiated),
        (Representation.PartialMetadata, _) => new MetadataWatchFormat(negotiated),
        (Representation.Table, _) => new TableWatchFormat(negotiated, include, time),
        (Representation.Object, _) => ObjectWatchFormat.Instance,
    };

    /// <summary>What a subresource of another kind answers (a Status, a Binding) is sent as it is; a scale has a table of its own.</summary>
    public Task WriteObjectAsync(HttpContext context, int code, ServedResource resource, string subresource, ObjectBytes obj)
    {
        if (negotiated.As == Representation.Object || subresource is not ("" or "status" or "finalize" or "scale")) return WriteAsync(context, code, obj.Json);
        if (negotiated.AsList)
            throw MediaType.NotAcceptable($"you requested PartialObjectMetadataList, but the requested object is not a list ({GoType(resource, resource.Kind, "Unstructured")})");
        var buffer = new ArrayBufferWriter<byte>(1024);
        if (negotiated.As == Representation.Table)
            TableWriter.WriteTable(buffer, subresource == "scale" ? BuiltInTables.Scale : resource.Table, new ListMetadata(Text(obj.Revision)), [obj.Json], include, time.GetUtcNow(), metaVersion: negotiated.MetaVersion);
        else if (negotiated.Format == WireFormat.Protobuf)
            ProtobufAnswers.PartialMetadata(buffer, obj.Json.Span, negotiated.MetaVersion);
        else
            MetadataListBody.WriteOne(buffer, obj.Json.Span, negotiated.MetaVersion);
        return ResponseWriter.WriteAsync(context, code, negotiated, buffer.WrittenMemory);
    }

    public async Task WriteListAsync(HttpContext context, ServedResource resource, ObjectListing listing)
    {
        if (negotiated is { As: Representation.PartialMetadata, AsList: false })
            throw MediaType.NotAcceptable($"you requested PartialObjectMetadata, but the requested object is a list ({GoType(resource, resource.ListKind, "UnstructuredList")})");
        if (negotiated.Format == WireFormat.Protobuf)
        {
            await WriteProtobufListAsync(context, resource, listing);
            return;
        }

        ListBody body = negotiated.As switch
        {
            Representation.Table => new TableListBody(resource, listing, include, time.GetUtcNow(), negotiated.MetaVersion),
            Representation.PartialMetadata => new MetadataListBody(listing, negotiated.MetaVersion),
            Representation.Object => new ObjectListBody(resource, listing),
        };
        await ResponseWriter.WriteListAsync(context, negotiated, body);
    }

    /// <summary>An object of any built-in kind, a Status among them.</summary>
    public Task WriteAsync(HttpContext context, int code, ReadOnlyMemory<byte> json)
    {
        if (negotiated.Format != WireFormat.Protobuf) return ResponseWriter.WriteAsync(context, code, negotiated, json);
        var buffer = new ArrayBufferWriter<byte>(json.Length + 64);
        ProtobufAnswers.Object(buffer, json.Span);
        return ResponseWriter.WriteAsync(context, code, negotiated, buffer.WrittenMemory);
    }

    private async Task WriteProtobufListAsync(HttpContext context, ServedResource resource, ObjectListing listing)
    {
        var items = listing.Items.Select(static i => i.Json);
        using var list = negotiated.As == Representation.PartialMetadata
            ? ProtobufAnswers.PartialMetadataList(Metadata(listing), items, negotiated.MetaVersion)
            : ProtobufAnswers.List(resource.ApiVersion, resource.Kind, resource.ListKind, Metadata(listing), items);
        await ResponseWriter.WriteListAsync(context, list);
    }

    private static ListMetadata Metadata(ObjectListing listing) => new(Text(listing.Revision), listing.Continue, listing.RemainingItemCount);

    /// <summary>Upstream names its own type to the client.</summary>
    private static string GoType(ServedResource resource, string kind, string custom)
    {
        if (resource.Custom) return $"*unstructured.{custom}";
        return $"*{(resource.Group.Length == 0 ? "core" : resource.Group.Split('.')[0])}.{kind}";
    }

    private static string Text(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
