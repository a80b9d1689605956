using System.Buffers;
using System.Buffers.Binary;

namespace Dovetail.Machinery.Protobuf;

/// <summary>Writes protobuf's wire format (<see href="https://protobuf.dev/programming-guides/encoding/"/>) in one pass. A message's length precedes it and is not known before its end: one byte is left free for it,
/// and what is longer than 127 bytes moves up when it ends.</summary>
internal sealed class WireWriter : IDisposable
{
    /// <summary>Bytes of the largest number.</summary>
    public const int LongestVarint = 10;

    private byte[] buffer;
    private int count;

    public WireWriter(int sizeHint) => buffer = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, 256));

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, count);

    public int Count => count;

    public void Tag(int number, WireType type) => Varint(((ulong)number << 3) | (uint)type);

    public void Varint(ulong value)
    {
        var free = Free(LongestVarint);
        if (value < 0x80)
        {
            free[0] = (byte)value;
            count++;
            return;
        }

        count += Varint(value, free);
    }

    /// <summary>How many bytes it took.</summary>
    public static int Varint(ulong value, Span<byte> output)
    {
        var used = 0;
        while (value >= 0x80)
        {
            output[used++] = (byte)(value | 0x80);
            value >>= 7;
        }

        output[used++] = (byte)value;
        return used;
    }

    /// <summary>Begins anew.</summary>
    public void Clear() => count = 0;

    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(Free(8), value);
        count += 8;
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Free(bytes.Length));
        count += bytes.Length;
    }

    /// <summary>Length and bytes of a string, of bytes, or of a message.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Varint((ulong)bytes.Length);
        Raw(bytes);
    }

    /// <summary>At least <paramref name="size"/> bytes to be filled; <see cref="Advance"/> says how many were.</summary>
    public Span<byte> Free(int size)
    {
        if (buffer.Length - count < size) Grow(size);
        return buffer.AsSpan(count);
    }

    public void Advance(int size) => count += size;

    /// <summary>Begins what has a length; what is returned goes to <see cref="Close"/>.</summary>
    public int Open()
    {
        Free(1);
        return ++count;
    }

    public void Close(int start)
    {
        var length = count - start;
        if (length < 0x80)
        {
            buffer[start - 1] = (byte)length;
            return;
        }

        var more = VarintLength((uint)length) - 1;
        Free(more);
        buffer.AsSpan(start, length).CopyTo(buffer.AsSpan(start + more));
        var end = count + more;
        count = start - 1;
        Varint((ulong)length);
        count = end;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        count = 0;
    }

    public static int VarintLength(uint value) => (31 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7 + 1;

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, count + size));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
