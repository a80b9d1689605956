using System.Buffers;
using System.Globalization;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Tables;

namespace Dovetail.ApiServer.Http;

/// <summary>Objects as they are, by concatenation. Items of built-in kinds carry neither kind nor apiVersion, those of custom resources do, as upstream sends them.</summary>
internal sealed class ObjectListBody(ServedResource resource, ObjectListing listing) : ListBody(listing)
{
    public override void Start(IBufferWriter<byte> output) => output.Write(ListHead.Render(resource.ListKind, resource.ApiVersion, Listing));

    public override void Item(IBufferWriter<byte> output, ObjectBytes item, bool first)
    {
        if (!first) output.Write(","u8);
        if (resource.Custom)
        {
            output.Write(item.Json.Span);
            return;
        }

        output.Write("{\"metadata\":{"u8);
        output.Write(item.Json.Span[resource.Head.Length..]);
    }

    public override void End(IBufferWriter<byte> output) => output.Write("]}"u8);
}

/// <summary>Only the metadata of each object, as PartialObjectMetadataList.</summary>
internal sealed class MetadataListBody(ObjectListing listing, string metaVersion) : ListBody(listing)
{
    private readonly byte[] itemHead = Head(metaVersion);

    public override void Start(IBufferWriter<byte> output) => output.Write(ListHead.Render("PartialObjectMetadataList", $"meta.k8s.io/{metaVersion}", Listing));

    public override void Item(IBufferWriter<byte> output, ObjectBytes item, bool first)
    {
        if (!first) output.Write(","u8);
        Write(output, itemHead, item.Json.Span);
    }

    public override void End(IBufferWriter<byte> output) => output.Write("]}"u8);

    /// <summary>One object as PartialObjectMetadata.</summary>
    public static void WriteOne(IBufferWriter<byte> output, ReadOnlySpan<byte> json, string metaVersion) => Write(output, Head(metaVersion), json);

    private static void Write(IBufferWriter<byte> output, byte[] head, ReadOnlySpan<byte> json)
    {
        output.Write(head);
        output.Write(StoredJson.Metadata(json));
        output.Write("}"u8);
    }

    private static byte[] Head(string metaVersion) => Encoding.UTF8.GetBytes($"{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/{metaVersion}\",\"metadata\":");
}

/// <summary>A row for each object.</summary>
internal sealed class TableListBody(ServedResource resource, ObjectListing listing, IncludeObject include, DateTimeOffset now, string metaVersion) : ListBody(listing)
{
    private TableRows? rows;

    public override void Start(IBufferWriter<byte> output)
    {
        rows = new TableRows(output, resource.Table, include, now, metaVersion);
        rows.Start(new ListMetadata(Listing.Revision.ToString(CultureInfo.InvariantCulture), Listing.Continue, Listing.RemainingItemCount), withColumns: true);
    }

    public override void Item(IBufferWriter<byte> output, ObjectBytes item, bool first) => rows!.Add(item.Json);

    public override void End(IBufferWriter<byte> output) => rows!.End();
}

internal static class ListHead
{
    public static byte[] Render(string kind, string apiVersion, ObjectListing listing)
    {
        var text = new StringBuilder(200).Append(CultureInfo.InvariantCulture, $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\",\"metadata\":{{\"resourceVersion\":\"{listing.Revision}\"");
        if (listing.Continue.Length > 0) text.Append(CultureInfo.InvariantCulture, $",\"continue\":\"{listing.Continue}\"");
        if (listing.RemainingItemCount is { } remaining) text.Append(CultureInfo.InvariantCulture, $",\"remainingItemCount\":{remaining}");
        return Encoding.UTF8.GetBytes(text.Append("},\"items\":[").ToString());
    }
}
