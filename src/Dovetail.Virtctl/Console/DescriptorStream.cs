using System.Runtime.InteropServices;

namespace Dovetail.Virtctl.Console;

/// <summary>Writes to a file descriptor by write(2). A FileStream would write at offsets of its own, and lose output where several processes share a file.</summary>
internal sealed partial class DescriptorStream(int descriptor) : Stream
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

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        const int Interrupted = 4; // EINTR
        while (!buffer.IsEmpty)
        {
            var written = (int)WriteFile(descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[written..];
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException($"write to descriptor {descriptor}: errno {error}");
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(int descriptor, ReadOnlySpan<byte> buffer, nuint count);
}
