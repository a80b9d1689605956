using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Tables;

namespace Dovetail.Machinery.Protobuf;

/// <summary>Writes <c>application/vnd.kubernetes.protobuf</c> from stored JSON (<see cref="CompactJson"/>); the envelope is described at <see cref="KubernetesProtobuf"/>.</summary>
/// <remarks>Only built-in kinds have numbers for their fields. Of any object the metadata can be sent, as PartialObjectMetadata.</remarks>
public static class ProtobufAnswers
{
    private const int Metadata = 1;
    private const int Items = 2;

    private static readonly EncodedMessage ObjectMeta = EncodedMessage.Of(BuiltInSchemas.ObjectMeta);

    private static readonly ConcurrentDictionary<(string ApiVersion, string Kind), EncodedMessage> Kinds = new();

    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>contentEncoding (3) and contentType (4), which Go writes although they are empty.</summary>
    private static ReadOnlySpan<byte> EnvelopeEnd => [0x1a, 0, 0x22, 0];

    /// <summary>An object with its own kind and apiVersion.</summary>
    /// <exception cref="ProtobufFormatException">It is no kind of Kubernetes' own.</exception>
    public static void Object(IBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        var (apiVersion, kind) = KindOf(json);
        using var writer = new WireWriter(json.Length);
        Root(writer, MessageOf(apiVersion, kind), json);
        Envelope(output, apiVersion, kind, writer.Written);
    }

    /// <summary>The metadata of an object of any kind.</summary>
    public static void PartialMetadata(IBufferWriter<byte> output, ReadOnlySpan<byte> json, string metaVersion)
    {
        using var writer = new WireWriter(1024);
        MetadataOf(writer, json);
        Envelope(output, $"meta.k8s.io/{metaVersion}", "PartialObjectMetadata", writer.Written);
    }

    /// <summary>A list of whole objects of one kind.</summary>
    /// <exception cref="ProtobufFormatException">It is no kind of Kubernetes' own.</exception>
    public static EnvelopedList List(string apiVersion, string kind, string listKind, ListMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> items)
    {
        var message = MessageOf(apiVersion, kind);
        return ListOf(apiVersion, listKind, metadata, items, (writer, item) => Root(writer, message, item.Span));
    }

    /// <summary>A PartialObjectMetadataList of objects of any kind.</summary>
    public static EnvelopedList PartialMetadataList(ListMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> items, string metaVersion) =>
        ListOf($"meta.k8s.io/{metaVersion}", "PartialObjectMetadataList", metadata, items, static (writer, item) => MetadataOf(writer, item.Span));

    /// <summary>A frame of a watch: its length in four bytes, big-endian, then a <c>WatchEvent</c> {type 1, object 2 {raw 1}} without an envelope, whose raw is the object in its envelope.</summary>
    public static void WatchFrame(IBufferWriter<byte> output, ReadOnlySpan<byte> type, ReadOnlySpan<byte> enveloped)
    {
        var raw = 1 + WireWriter.VarintLength((uint)enveloped.Length) + enveloped.Length;
        var frame = 2 + type.Length + 1 + WireWriter.VarintLength((uint)raw) + raw;
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), frame);
        output.Advance(4);
        using var writer = new WireWriter(64);
        writer.Tag(1, WireType.LengthDelimited);
        writer.Bytes(type);
        writer.Tag(2, WireType.LengthDelimited);
        writer.Varint((ulong)raw);
        writer.Tag(1, WireType.LengthDelimited);
        writer.Varint((ulong)enveloped.Length);
        output.Write(writer.Written);
        output.Write(enveloped);
    }

    private static EnvelopedList ListOf(string apiVersion, string kind, ListMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> items, Action<WireWriter, ReadOnlyMemory<byte>> encode)
    {
        var message = new PooledPieces();
        try
        {
            using var writer = new WireWriter(4096);
            ListMeta(writer, metadata);
            message.Add(writer.Written);
            Span<byte> head = stackalloc byte[1 + WireWriter.LongestVarint];
            foreach (var item in items)
            {
                writer.Clear();
                encode(writer, item);
                head[0] = (Items << 3) | (int)WireType.LengthDelimited;
                message.Add(head[..(1 + WireWriter.Varint((ulong)writer.Count, head[1..]))]);
                message.Add(writer.Written);
            }

            return new(EnvelopeHead(apiVersion, kind, message.Length), message, EnvelopeEnd.ToArray());
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    private static void Envelope(IBufferWriter<byte> output, string apiVersion, string kind, ReadOnlySpan<byte> message)
    {
        output.Write(EnvelopeHead(apiVersion, kind, message.Length));
        output.Write(message);
        output.Write(EnvelopeEnd);
    }

    /// <summary>Everything before a message of this length.</summary>
    private static byte[] EnvelopeHead(string apiVersion, string kind, long length)
    {
        using var head = new WireWriter(128);
        head.Raw(Magic);
        head.Tag(1, WireType.LengthDelimited);
        var typeMeta = head.Open();
        head.Tag(1, WireType.LengthDelimited);
        head.Bytes(Encoding.UTF8.GetBytes(apiVersion));
        head.Tag(2, WireType.LengthDelimited);
        head.Bytes(Encoding.UTF8.GetBytes(kind));
        head.Close(typeMeta);
        head.Tag(2, WireType.LengthDelimited);
        head.Varint((ulong)length);
        return head.Written.ToArray();
    }

    private static void ListMeta(WireWriter writer, ListMetadata metadata)
    {
        writer.Tag(Metadata, WireType.LengthDelimited);
        var start = writer.Open();
        Text(writer, 1, "");
        Text(writer, 2, metadata.ResourceVersion);
        Text(writer, 3, metadata.Continue);
        if (metadata.RemainingItemCount is { } remaining)
        {
            writer.Tag(4, WireType.Varint);
            writer.Varint(unchecked((ulong)remaining));
        }

        writer.Close(start);
    }

    private static void Text(WireWriter writer, int number, string text)
    {
        writer.Tag(number, WireType.LengthDelimited);
        writer.Bytes(Encoding.UTF8.GetBytes(text));
    }

    private static void MetadataOf(WireWriter writer, ReadOnlySpan<byte> json)
    {
        var start = CompactJson.Field(json, 0, "metadata"u8);
        if (start < 0 || json[start] != '{') return;
        var reader = new CompactReader(json[start..]);
        reader.Read();
        writer.Tag(Metadata, WireType.LengthDelimited);
        var open = writer.Open();
        ProtobufEncoder.Fields(writer, ObjectMeta, ref reader);
        writer.Close(open);
    }

    private static void Root(WireWriter writer, EncodedMessage message, ReadOnlySpan<byte> json)
    {
        var reader = new CompactReader(json);
        reader.Read();
        ProtobufEncoder.Fields(writer, message, ref reader);
    }

    private static EncodedMessage MessageOf(string apiVersion, string kind) => Kinds.GetOrAdd((apiVersion, kind), static key =>
    {
        var slash = key.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var name = new GroupVersionKind(slash < 0 ? "" : key.ApiVersion[..slash], key.ApiVersion[(slash + 1)..], key.Kind);
        return EncodedMessage.Of(BuiltInSchemas.Get(BuiltInSchemas.DefinitionNameOf(name) ?? throw new ProtobufFormatException($"no kind \"{key.Kind}\" is registered for version \"{key.ApiVersion}\"")));
    });

    /// <summary>Both come first in what is stored, so the scan ends soon.</summary>
    private static (string ApiVersion, string Kind) KindOf(ReadOnlySpan<byte> json)
    {
        string apiVersion = "", kind = "";
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonObjectReader.StoredDepth });
        reader.Read();
        while ((apiVersion.Length == 0 || kind.Length == 0) && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isKind, isVersion) = (reader.ValueTextEquals("kind"u8), reader.ValueTextEquals("apiVersion"u8));
            reader.Read();
            if (isKind) kind = reader.GetString() ?? "";
            else if (isVersion) apiVersion = reader.GetString() ?? "";
            else reader.Skip();
        }

        return (apiVersion, kind);
    }
}
