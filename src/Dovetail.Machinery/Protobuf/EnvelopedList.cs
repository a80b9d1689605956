using System.Buffers;

namespace Dovetail.Machinery.Protobuf;

/// <summary>A list in its envelope, in pieces: the length of the whole precedes it, so that it must be encoded before the first byte is sent.</summary>
public sealed class EnvelopedList : IDisposable
{
    private readonly byte[] head;
    private readonly PooledPieces message;
    private readonly byte[] end;

    internal EnvelopedList(byte[] head, PooledPieces message, byte[] end) => (this.head, this.message, this.end) = (head, message, end);

    /// <summary>In bytes.</summary>
    public long Length => head.Length + message.Length + end.Length;

    /// <summary>In order; valid until this is disposed of.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces => [head, .. message.All, end];

    public void Dispose() => message.Dispose();
}

/// <summary>Bytes that are added at the end, in arrays that go back to their pool: however many they are, nothing is copied to make room.</summary>
internal sealed class PooledPieces : IDisposable
{
    private const int PieceBytes = 256 * 1024;

    private readonly List<byte[]> pieces = [];
    private int used = PieceBytes;

    public long Length => ((long)pieces.Count * PieceBytes) - (PieceBytes - used);

    public IEnumerable<ReadOnlyMemory<byte>> All => pieces.Select((piece, i) => (ReadOnlyMemory<byte>)piece.AsMemory(0, i == pieces.Count - 1 ? used : PieceBytes));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (used == PieceBytes)
            {
                pieces.Add(ArrayPool<byte>.Shared.Rent(PieceBytes));
                used = 0;
            }

            var fits = Math.Min(bytes.Length, PieceBytes - used);
            bytes[..fits].CopyTo(pieces[^1].AsSpan(used));
            used += fits;
            bytes = bytes[fits..];
        }
    }

    public void Dispose()
    {
        foreach (var piece in pieces) ArrayPool<byte>.Shared.Return(piece);
        pieces.Clear();
        used = PieceBytes;
    }
}
