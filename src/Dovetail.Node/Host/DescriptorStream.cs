using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Node.Host;

/// <summary>One direction of a pipe or terminal as a stream that holds no thread while it waits. .NET's own reads of such descriptors block a thread of the pool each.</summary>
internal sealed class DescriptorStream : Stream
{
    // What reading a terminal's master gives when nobody has its other side open any more.
    private const int InputOutputError = 5;
    private const int BrokenPipe = 32;
    private readonly SafeFileHandle handle;
    private readonly DescriptorWatch watch;
    private readonly bool reads;

    /// <param name="handle">Becomes the stream's own.</param>
    /// <param name="watch">Waits for it.</param>
    /// <param name="reads">Whether it is read or written.</param>
    public DescriptorStream(SafeFileHandle handle, DescriptorWatch watch, bool reads)
    {
        (this.handle, this.watch, this.reads) = (handle, watch, reads);
        Descriptors.MakeNonBlocking(handle);
    }

    public override bool CanRead => reads;

    public override bool CanWrite => !reads;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var count = Descriptors.Read(handle, buffer.Span);
            if (count >= 0) return count;
            if (count == -InputOutputError) return 0;
            if (count != -Descriptors.TryAgain) throw new Win32Exception(-count);
            await watch.WaitAsync((int)handle.DangerousGetHandle(), Native.Epollin, cancellationToken);
        }
    }

    /// <exception cref="IOException">Nobody reads it any more.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var count = Descriptors.Write(handle, buffer.Span);
            if (count >= 0) buffer = buffer[count..];
            else if (count is -BrokenPipe or -InputOutputError) throw new IOException("the reader has gone");
            else if (count != -Descriptors.TryAgain) throw new Win32Exception(-count);
            else await watch.WaitAsync((int)handle.DangerousGetHandle(), Native.Epollout, cancellationToken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) handle.Dispose();
        base.Dispose(disposing);
    }
}
