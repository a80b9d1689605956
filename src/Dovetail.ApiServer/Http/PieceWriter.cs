using System.Buffers;
using System.IO.Pipelines;

namespace Dovetail.ApiServer.Http;

/// <summary>Many small writes into few large pieces of a pipe. A pipe of the server asks for locks with every write and hands out pages of 4 KB; a list is made of thousands of writes.</summary>
internal sealed class PieceWriter(PipeWriter pipe) : IBufferWriter<byte>
{
    public const int PieceBytes = 16 * 1024;
    private const int FlushBytes = 64 * 1024;

    private Memory<byte> piece;
    private int used;

    /// <summary>What has been written is worth sending.</summary>
    public bool IsFull => pipe.UnflushedBytes + used >= FlushBytes;

    public void Advance(int count) => used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (piece.Length - used < Math.Max(sizeHint, 1)) Take(sizeHint);
        return piece[used..];
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Sends what has been written, and waits while the client is slow.</summary>
    /// <exception cref="OperationCanceledException">Nobody reads any more.</exception>
    public async ValueTask FlushAsync(CancellationToken ct)
    {
        Give();
        var result = await pipe.FlushAsync(ct);
        if (result.IsCompleted) throw new OperationCanceledException(ct);
    }

    private void Take(int atLeast)
    {
        Give();
        piece = pipe.GetMemory(Math.Max(atLeast, PieceBytes));
    }

    private void Give()
    {
        if (used > 0) pipe.Advance(used);
        (piece, used) = (default, 0);
    }
}
