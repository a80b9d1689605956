using System.Buffers.Binary;
using System.Text;

namespace Dovetail.Machinery.Tests.Protobuf;

/// <summary>Protobuf by hand, as Go's generated code writes it: <c>new WireBytes().Text(1, "name")</c>.</summary>
internal sealed class WireBytes
{
    private readonly List<byte> bytes = [];

    public byte[] ToArray() => [.. bytes];

    public WireBytes Varint(int number, long value) => Tag(number, 0).Raw((ulong)value);

    public WireBytes Double(int number, double value)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(eight, value);
        Tag(number, 1).bytes.AddRange(eight);
        return this;
    }

    public WireBytes Bytes(int number, ReadOnlySpan<byte> value)
    {
        Tag(number, 2).Raw((ulong)value.Length).bytes.AddRange(value);
        return this;
    }

    public WireBytes Text(int number, string value) => Bytes(number, Encoding.UTF8.GetBytes(value));

    public WireBytes Message(int number, WireBytes value) => Bytes(number, value.ToArray());

    public WireBytes Entry(int number, string key, string value) => Message(number, new WireBytes().Text(1, key).Text(2, value));

    public WireBytes Tag(int number, int wireType) => Raw((ulong)(number << 3 | wireType));

    /// <summary>The object in the envelope that a client sends.</summary>
    public byte[] Enveloped(string apiVersion, string kind) =>
        [.. "k8s\0"u8, .. new WireBytes().Message(1, new WireBytes().Text(1, apiVersion).Text(2, kind)).Message(2, this).Text(3, "").Text(4, "").ToArray()];

    private WireBytes Raw(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return this;
    }
}
