using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Dovetail.Machinery.OpenApi;

/// <summary>Bytes of protobuf that grow, with messages in messages. A message's length is filled in when it ends, in four bytes whatever it is: a varint may be longer than it needs to be.</summary>
internal sealed class ProtobufBuffer
{
    private const int LengthBytes = 4;

    private byte[] bytes = new byte[1 << 16];
    private int count;

    public byte[] ToArray() => bytes.AsSpan(0, count).ToArray();

    public void Text(int field, string text)
    {
        Tag(field, wireType: 2);
        var length = Encoding.UTF8.GetByteCount(text);
        Varint((ulong)length);
        count += Encoding.UTF8.GetBytes(text, Room(length));
    }

    public void Number(int field, long value)
    {
        Tag(field, wireType: 0);
        Varint((ulong)value);
    }

    public void Double(int field, double value)
    {
        Tag(field, wireType: 1);
        BinaryPrimitives.WriteDoubleLittleEndian(Room(sizeof(double)), value);
        count += sizeof(double);
    }

    /// <summary>Begins a message; the answer is for <see cref="End"/>.</summary>
    public int Begin(int field)
    {
        Tag(field, wireType: 2);
        Room(LengthBytes);
        count += LengthBytes;
        return count;
    }

    public void End(int begun)
    {
        var length = (uint)(count - begun);
        var place = bytes.AsSpan(begun - LengthBytes, LengthBytes);
        for (var i = 0; i < LengthBytes; i++)
            place[i] = (byte)((length >> (7 * i) & 0x7f) | (i < LengthBytes - 1 ? 0x80u : 0u));
    }

    private void Tag(int field, int wireType) => Varint((ulong)((field << 3) | wireType));

    private void Varint(ulong value)
    {
        var room = Room(10);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            room[at++] = (byte)(value | 0x80);
        room[at++] = (byte)value;
        count += at;
    }

    private Span<byte> Room(int needed)
    {
        if (bytes.Length - count < needed)
            Array.Resize(ref bytes, (int)BitOperations.RoundUpToPowerOf2((uint)(count + needed)));
        return bytes.AsSpan(count);
    }
}
