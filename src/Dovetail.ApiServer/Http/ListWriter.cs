using System.Buffers;
using System.Globalization;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Http;

/// <summary>Lists by concatenation. Items of built-in kinds carry neither kind nor apiVersion, those of custom resources do, as upstream sends them.</summary>
internal static class ListWriter
{
    private static readonly byte[] ItemHead = "{\"metadata\":{"u8.ToArray();

    public static byte[] Render(ServedResource resource, ObjectListing listing)
    {
        var head = Head(resource.ListKind, resource.ApiVersion, listing);
        var size = head.Length + 2;
        foreach (var item in listing.Items) size += item.Json.Length + 1;
        var buffer = new ArrayBufferWriter<byte>(size);
        buffer.Write(head);
        for (var i = 0; i < listing.Items.Count; i++)
        {
            if (i > 0) buffer.Write(","u8);
            var bytes = listing.Items[i].Json.Span;
            if (resource.Custom)
            {
                buffer.Write(bytes);
                continue;
            }

            buffer.Write(ItemHead);
            buffer.Write(bytes[resource.Head.Length..]);
        }

        buffer.Write("]}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Only the metadata of each object, as PartialObjectMetadataList.</summary>
    public static byte[] RenderMetadata(ObjectListing listing, string metaVersion)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        buffer.Write(Head("PartialObjectMetadataList", $"meta.k8s.io/{metaVersion}", listing));
        for (var i = 0; i < listing.Items.Count; i++)
        {
            if (i > 0) buffer.Write(","u8);
            PartialMetadata(buffer, listing.Items[i].Json, metaVersion);
        }

        buffer.Write("]}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One object as PartialObjectMetadata.</summary>
    public static void PartialMetadata(IBufferWriter<byte> buffer, ReadOnlyMemory<byte> json, string metaVersion)
    {
        buffer.Write("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/"u8);
        buffer.Write(Encoding.UTF8.GetBytes(metaVersion));
        buffer.Write("\",\"metadata\":"u8);
        buffer.Write(StoredJson.Metadata(json).Span);
        buffer.Write("}"u8);
    }

    private static byte[] Head(string kind, string apiVersion, ObjectListing listing)
    {
        var text = new StringBuilder(200).Append(CultureInfo.InvariantCulture, $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\",\"metadata\":{{\"resourceVersion\":\"{listing.Revision}\"");
        if (listing.Continue.Length > 0) text.Append(CultureInfo.InvariantCulture, $",\"continue\":\"{listing.Continue}\"");
        if (listing.RemainingItemCount is { } remaining) text.Append(CultureInfo.InvariantCulture, $",\"remainingItemCount\":{remaining}");
        return Encoding.UTF8.GetBytes(text.Append("},\"items\":[").ToString());
    }
}
