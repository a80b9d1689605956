using System.Buffers;
using System.Globalization;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
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

    /// <exception cref="Machinery.Errors.StatusException">400: an includeObject that is none.</exception>
    public static ResponseFormat Of(Negotiated negotiated, IQueryCollection query, TimeProvider time)
    {
        var include = QueryOptions.Text(query, "includeObject") switch
        {
            "" or "Metadata" => IncludeObject.Metadata,
            "None" => IncludeObject.None,
            "Object" => IncludeObject.Object,
            var other => throw Refusals.BadRequest($"Unable to convert to Table as requested: includeObject: Invalid value: \"{other}\": must be 'Metadata', 'Object', 'None', or empty"),
        };
        return new(negotiated, include, time);
    }

    public IWatchFormat Watch() => negotiated.As switch
    {
        Representation.PartialMetadata => new MetadataWatchFormat(negotiated),
        Representation.Table => new TableWatchFormat(negotiated, include, time),
        Representation.Object => ObjectWatchFormat.Instance,
    };

    /// <summary>What a subresource of another kind answers (a Status, a Binding) is sent as it is; a scale has a table of its own.</summary>
    public Task WriteObjectAsync(HttpContext context, int code, ServedResource resource, string subresource, ObjectBytes obj)
    {
        if (negotiated.As == Representation.Object || subresource is not ("" or "status" or "finalize" or "scale"))
            return ResponseWriter.WriteAsync(context, code, negotiated, obj.Json);
        // The answer to a question (a review) has neither columns nor metadata.
        if (resource.Virtual) throw Refusals.NotAcceptable(ResourceEndpoint.ReadableTypes);
        var buffer = new ArrayBufferWriter<byte>(1024);
        if (negotiated.As == Representation.Table)
        {
            var table = subresource == "scale" ? BuiltInTables.Scale : resource.Table;
            TableWriter.WriteTable(buffer, table, new ListMetadata(Text(obj.Revision)), [obj.Json], include, time.GetUtcNow(), metaVersion: negotiated.MetaVersion);
        }
        else
            MetadataListBody.WriteOne(buffer, obj.Json.Span, negotiated.MetaVersion);
        return ResponseWriter.WriteAsync(context, code, negotiated, buffer.WrittenMemory);
    }

    public async Task WriteListAsync(HttpContext context, ServedResource resource, ObjectListing listing)
    {
        if (negotiated.As == Representation.Table)
        {
            using var table = new TableListBody(resource, listing, include, time.GetUtcNow(), negotiated.MetaVersion);
            await ResponseWriter.WriteListAsync(context, negotiated, table);
            return;
        }

        ListBody body = negotiated.As == Representation.PartialMetadata ? new MetadataListBody(listing, negotiated.MetaVersion) : new ObjectListBody(resource, listing);
        await ResponseWriter.WriteListAsync(context, negotiated, body);
    }

    private static string Text(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
