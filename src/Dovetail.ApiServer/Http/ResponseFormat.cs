using System.Buffers;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Objects and lists in the representation that was negotiated.</summary>
internal readonly struct ResponseFormat
{
    private readonly Negotiated negotiated;

    private ResponseFormat(Negotiated negotiated) => this.negotiated = negotiated;

    public static ResponseFormat Of(Negotiated negotiated, IQueryCollection query) => new(negotiated);

    public IWatchFormat Watch() => negotiated.As switch
    {
        Representation.PartialMetadata => new MetadataWatchFormat(negotiated),
        Representation.Object or Representation.Table => ObjectWatchFormat.Instance,
    };

    public Task WriteObjectAsync(HttpContext context, int code, ServedResource resource, string subresource, ObjectBytes obj)
    {
        _ = (resource, subresource);
        if (negotiated.As != Representation.PartialMetadata) return ResponseWriter.WriteJsonAsync(context, code, obj.Json);
        var buffer = new ArrayBufferWriter<byte>(512);
        ListWriter.PartialMetadata(buffer, obj.Json, negotiated.MetaVersion);
        return ResponseWriter.WriteAsync(context, code, negotiated.ContentType, buffer.WrittenMemory);
    }

    public Task WriteListAsync(HttpContext context, ServedResource resource, ObjectListing listing) => negotiated.As == Representation.PartialMetadata
        ? ResponseWriter.WriteAsync(context, 200, negotiated.ContentType, ListWriter.RenderMetadata(listing, negotiated.MetaVersion))
        : ResponseWriter.WriteJsonAsync(context, 200, ListWriter.Render(resource, listing));
}
