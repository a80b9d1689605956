using System.Buffers;
using Dovetail.Node.Host;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Node.Kubelet.Logs;

/// <summary>Reads a container's log as <c>kubectl logs</c> shows it, and goes on over the file's rotation while it is followed (kubernetes: cri-client, <c>pkg/logs</c>).</summary>
/// <param name="path">The newest file. Whoever writes it may be hostile: only a regular file is opened, never what a link leads to.</param>
/// <param name="request">What is wanted of it.</param>
/// <param name="to">Gets the lines; flushed with each portion.</param>
/// <param name="time">The clock of following.</param>
internal sealed class CriLogReader(string path, LogRequest request, Stream to, TimeProvider time)
{
    private const int PortionBytes = 64 * 1024;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);
    private readonly ArrayBufferWriter<byte> ready = new();
    private long left = request.LimitBytes ?? long.MaxValue;
    private bool atLineStart = true;

    /// <param name="ended">Whether the container writes no more.</param>
    /// <param name="ct">Ends following.</param>
    /// <exception cref="ContainerRefusedException">There is no such file.</exception>
    public async Task CopyAsync(Func<bool> ended, CancellationToken ct)
    {
        var file = Open();
        try
        {
            var position = request.TailLines is { } lines ? TailStart(file, lines) : 0;
            while (true)
            {
                // Looked at before the file is read to its end, so that nothing that was printed last is missed.
                var last = !request.Follow || ended();
                position = await ReadToEndAsync(file, position, ct);
                if (left <= 0) return;
                if (Rotated(file) && TryOpen() is { } newer)
                {
                    // What came between the last read and the rename.
                    await ReadToEndAsync(file, position, ct);
                    file.Dispose();
                    (file, position) = (newer, 0);
                    continue;
                }

                if (last) return;
                await Task.Delay(Pace, time, ct);
            }
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>Where the last lines begin.</summary>
    internal static long TailStart(SafeFileHandle file, long lines)
    {
        var end = RandomAccess.GetLength(file);
        if (lines == 0) return end;
        var buffer = new byte[PortionBytes];
        var seen = 0L;
        for (var from = end; from > 0;)
        {
            var size = (int)Math.Min(buffer.Length, from);
            from -= size;
            var count = RandomAccess.Read(file, buffer.AsSpan(0, size), from);
            for (var i = count - 1; i >= 0; i--)
            {
                // The line end of the last line is none before it.
                if (buffer[i] == '\n' && from + i + 1 != end && ++seen == lines) return from + i + 1;
            }
        }

        return 0;
    }

    private SafeFileHandle Open() => TryOpen() ?? throw new ContainerRefusedException($"failed to open log file \"{path}\": no such file or directory");

    private SafeFileHandle? TryOpen() => Descriptors.OpenRegular(path);

    /// <summary>Whether the file that is open has another name by now.</summary>
    private bool Rotated(SafeFileHandle file) =>
        File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false) is { } link && Path.GetFileName(link.FullName) != Path.GetFileName(path);

    private async Task<long> ReadToEndAsync(SafeFileHandle file, long position, CancellationToken ct)
    {
        var buffer = new byte[PortionBytes];
        while (left > 0)
        {
            var count = await RandomAccess.ReadAsync(file, buffer, position, ct);
            var used = Take(buffer.AsSpan(0, count));
            if (ready.WrittenCount > 0)
            {
                await to.WriteAsync(ready.WrittenMemory, ct);
                await to.FlushAsync(ct);
                ready.ResetWrittenCount();
            }

            if (used == 0) break; // the end, or a line that is still being written
            position += used;
        }

        return position;
    }

    /// <summary>Takes the whole lines; how many bytes they were.</summary>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (left > 0 && bytes[used..].IndexOf((byte)'\n') is var end and >= 0)
        {
            Add(bytes.Slice(used, end));
            used += end + 1;
        }

        // No line is that long; what is not of the form is passed over.
        return used == 0 && bytes.Length == PortionBytes ? bytes.Length : used;
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        if (!CriLogLine.TryParse(line, out var entry) || (request.Streams & entry.Stream) == 0) return;
        if (request.Since > DateTimeOffset.MinValue && entry.Time < request.Since) return;
        if (request.Timestamps && atLineStart)
        {
            Write(entry.Stamp);
            Write(" "u8);
        }

        Write(entry.Text);
        if (!entry.Partial) Write("\n"u8);
        atLineStart = !entry.Partial;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > left) bytes = bytes[..(int)left];
        ready.Write(bytes);
        left -= bytes.Length;
    }
}
