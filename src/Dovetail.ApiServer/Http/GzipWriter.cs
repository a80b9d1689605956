using System.Buffers;
using System.IO.Compression;

namespace Dovetail.ApiServer.Http;

/// <summary>Packs what is written to it. The whole is complete when this is disposed of.</summary>
internal sealed class GzipWriter : IBufferWriter<byte>, IDisposable
{
    /// <summary>Few calls of the library, and what was written last is still in the processor's cache.</summary>
    private const int PieceBytes = 32 * 1024;

    private readonly GZipStream gzip;
    private byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
    private int used;

    /// <param name="output">Where the packed bytes go.</param>
    public GzipWriter(IBufferWriter<byte> output) => gzip = new GZipStream(new WriterStream(output), CompressionLevel.Fastest); // level 1, as upstream

    public void Advance(int count) => used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (piece.Length - used < Math.Max(sizeHint, 1))
        {
            Pack();
            if (piece.Length < sizeHint)
            {
                ArrayPool<byte>.Shared.Return(piece);
                piece = ArrayPool<byte>.Shared.Rent(sizeHint);
            }
        }

        return piece.AsMemory(used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        Pack();
        gzip.Dispose();
        ArrayPool<byte>.Shared.Return(piece);
        piece = [];
    }

    private void Pack()
    {
        gzip.Write(piece, 0, used);
        used = 0;
    }

    /// <summary>The stream that the library wants.</summary>
    private sealed class WriterStream(IBufferWriter<byte> output) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => output.Write(buffer);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // The output is flushed by whoever owns it.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
