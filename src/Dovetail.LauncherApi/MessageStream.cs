using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dovetail.LauncherApi;

/// <summary>
/// The framing of the protocol over a byte stream: one JSON message a line, at most <see cref="LauncherProtocol.MaxMessageBytes"/> long. One reader at a time; writers may overlap and
/// are put in order.
/// </summary>
public sealed class MessageStream(Stream stream) : IDisposable
{
    private readonly SemaphoreSlim writing = new(1, 1);
    private byte[] buffer = new byte[4096];
    private int start;
    private int end;

    /// <summary>The next line without its end, valid until the next read; null at the end of the stream (a last line without an end does not count).</summary>
    /// <exception cref="InvalidDataException">The line is longer than a message may be.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadLineAsync(CancellationToken ct)
    {
        var scanned = 0;
        while (true)
        {
            var newline = buffer.AsSpan(start + scanned, end - start - scanned).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var line = buffer.AsMemory(start, scanned + newline);
                start += scanned + newline + 1;
                return line;
            }

            scanned = end - start;
            if (scanned > LauncherProtocol.MaxMessageBytes) throw new InvalidDataException($"a message is longer than {LauncherProtocol.MaxMessageBytes} bytes");
            MakeRoom();
            var read = await stream.ReadAsync(buffer.AsMemory(end), ct).ConfigureAwait(false);
            if (read == 0) return null;
            end += read;
        }
    }

    /// <summary>The next message; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The line is too long or is no such message; the connection is of no more use.</exception>
    public async ValueTask<T?> ReadAsync<T>(JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
    {
        if (await ReadLineAsync(ct).ConfigureAwait(false) is not { } line) return null;
        try
        {
            return JsonSerializer.Deserialize(line.Span, type) ?? throw new InvalidDataException("a message is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"a message is not a {typeof(T).Name}: {e.Message}", e);
        }
    }

    public async ValueTask WriteAsync<T>(T message, JsonTypeInfo<T> type, CancellationToken ct)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes)) JsonSerializer.Serialize(json, message, type);
        if (bytes.WrittenCount > LauncherProtocol.MaxMessageBytes) throw new InvalidDataException($"a message of {bytes.WrittenCount} bytes is longer than {LauncherProtocol.MaxMessageBytes}");
        bytes.Write("\n"u8);
        await writing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(bytes.WrittenMemory, ct).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        writing.Dispose();
    }

    private void MakeRoom()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        // A large message (cloud-init data) is rare: its buffer is given back when it has been read.
        if (end == 0 && buffer.Length > 65536) buffer = new byte[4096];
        if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
    }
}
