using System.Buffers.Binary;

namespace Dovetail.Machinery.Protobuf;

/// <summary>How a field's bytes are laid out; the low three bits of its tag.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// <summary>Reads one message of protobuf's wire format (<see href="https://protobuf.dev/programming-guides/encoding/"/>). Everything that does not fit is a <see cref="ProtobufFormatException"/>.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>How deep messages and groups may nest: as deep as JSON is read.</summary>
    public const int MaxDepth = 64;

    private const int MaxVarintBytes = 10;

    private ReadOnlySpan<byte> rest = bytes;

    public readonly bool AtEnd => rest.IsEmpty;

    /// <summary>False at the end of the message.</summary>
    public bool TryTag(out int number, out WireType type)
    {
        if (rest.IsEmpty)
        {
            (number, type) = (0, default);
            return false;
        }
        var tag = Varint();
        type = (WireType)(tag & 7);
        if (tag >> 3 is 0 or > (1 << 29) - 1)
            throw new ProtobufFormatException($"illegal tag {tag >> 3}");
        if (type > WireType.Fixed32)
            throw new ProtobufFormatException($"illegal wireType {(int)type}");
        number = (int)(tag >> 3);
        return true;
    }

    public ulong Varint()
    {
        var value = 0UL;
        for (var i = 0; i < MaxVarintBytes; i++)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80)
                return value;
        }
        throw new ProtobufFormatException("integer overflow");
    }

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    /// <summary>The bytes of a string, of bytes, or of a message.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var length = Varint();
        if (length > (ulong)rest.Length)
            throw new ProtobufFormatException($"unexpected end: a length of {length} where {rest.Length} bytes are left");
        return Take((int)length);
    }

    /// <inheritdoc cref="Bytes"/>
    public ReadOnlySpan<byte> LengthDelimited(WireType type) =>
        type == WireType.LengthDelimited ? Bytes() : throw new ProtobufFormatException($"wrong wireType = {(int)type}");

    /// <summary>Passes over the value of a field that is not known here.</summary>
    public void Skip(WireType type, int depth = 0)
    {
        switch (type)
        {
            case WireType.Varint:
                Varint();
                break;
            case WireType.Fixed64:
                Take(8);
                break;
            case WireType.LengthDelimited:
                Bytes();
                break;
            case WireType.Fixed32:
                Take(4);
                break;
            case WireType.StartGroup:
                SkipGroup(depth + 1);
                break;
            case WireType.EndGroup:
                throw new ProtobufFormatException("the end of a group that did not start");
        }
    }

    private void SkipGroup(int depth)
    {
        if (depth > MaxDepth)
            throw new ProtobufFormatException($"nested deeper than {MaxDepth}");
        while (TryTag(out _, out var type))
        {
            if (type == WireType.EndGroup)
                return;
            Skip(type, depth);
        }
        throw new ProtobufFormatException("unexpected end of a group");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
            throw new ProtobufFormatException("unexpected end");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
