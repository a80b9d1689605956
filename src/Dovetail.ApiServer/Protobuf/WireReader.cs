using System.Buffers.Binary;

namespace Dovetail.ApiServer.Protobuf;

/// <summary>Reads protobuf's wire format: tag, then a varint, eight or four bytes, or a length and bytes.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at;

    /// <summary>The present field's number.</summary>
    public int Number { get; private set; }

    /// <summary>Varint, fixed64 and fixed32 as they are.</summary>
    public ulong Value { get; private set; }

    /// <summary>The content of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Whether the present field is length-delimited.</summary>
    public bool IsContent { get; private set; }

    /// <exception cref="FormatException">The bytes end early, or use groups.</exception>
    public bool Read()
    {
        if (at == bytes.Length) return false;
        var tag = Varint();
        Number = (int)(tag >> 3);
        IsContent = false;
        switch (tag & 7)
        {
            case 0:
                Value = Varint();
                break;
            case 1:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                IsContent = true;
                Content = Take(checked((int)Varint()));
                break;
            case 5:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new FormatException($"wire type {tag & 7} is not used by Kubernetes");
        }

        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        throw new FormatException("a varint is longer than ten bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > bytes.Length - at) throw new FormatException("unexpected end of the message");
        var taken = bytes.Slice(at, count);
        at += count;
        return taken;
    }
}
