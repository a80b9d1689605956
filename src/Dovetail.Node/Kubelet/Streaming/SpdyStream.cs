using System.IO.Pipelines;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>One stream of a <see cref="SpdyConnection"/>: reading gives what the client sends, writing sends.</summary>
internal sealed class SpdyStream(int id, IReadOnlyDictionary<string, string> headers, SpdyConnection connection) : Stream
{
    // A client that sends faster than its data is taken waits, and with it all streams of its connection, as with any server that has no flow control of SPDY's.
    private readonly Pipe incoming = new(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false));
    private Stream? reader;
    private bool closed;
    private bool ended;

    public int Id => id;

    public IReadOnlyDictionary<string, string> Headers => headers;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The header's value, or "".</summary>
    public string Header(string name) => headers.GetValueOrDefault(name, "");

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => (reader ??= incoming.Reader.AsStream()).ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await connection.SendDataAsync(id, buffer, last: false, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Says that nothing more is written.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        if (closed) return;
        closed = true;
        await connection.SendDataAsync(id, ReadOnlyMemory<byte>.Empty, last: true, ct);
    }

    public async Task ResetAsync(CancellationToken ct)
    {
        closed = true;
        await connection.SendResetAsync(id, ct);
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Nobody reads any more: what still comes is passed over, so that it does not keep the connection's other streams waiting. No read may be under way.</summary>
    public ValueTask StopReadingAsync() => incoming.Reader.CompleteAsync();

    /// <summary>Called by the connection alone, one after the other. What a client sends behind its own end is passed over.</summary>
    internal async ValueTask ReceivedAsync(ReadOnlyMemory<byte> data, bool last, CancellationToken ct)
    {
        if (ended) return;
        if (data.Length > 0) await incoming.Writer.WriteAsync(data, ct);
        if (last) End();
    }

    /// <summary>Nothing more comes.</summary>
    internal void End()
    {
        ended = true;
        incoming.Writer.Complete();
    }
}
