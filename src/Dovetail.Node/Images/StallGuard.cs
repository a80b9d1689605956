namespace Dovetail.Node.Images;

/// <summary>
/// A body that brings less than <see cref="LeastBytes"/> in half a minute of waiting has stalled: without a floor a registry that drips would hold a pull for years. Only the time that is
/// spent waiting counts, not what the reader does in between.
/// </summary>
internal sealed class StallGuard(Stream inner, TimeProvider time) : Stream
{
    private const int LeastBytes = 32 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private TimeSpan waited;
    private long came;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(buffer, cancellationToken);
        var read = reading.IsCompleted ? await reading : await WaitAsync(reading.AsTask(), cancellationToken);
        came += read;
        if (came >= LeastBytes) (came, waited) = (0, TimeSpan.Zero);
        return read;
    }

    private async Task<int> WaitAsync(Task<int> reading, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        try
        {
            return await reading.WaitAsync(waited < Limit ? Limit - waited : TimeSpan.Zero, time, ct);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"only {came} bytes came in {Limit.TotalSeconds:0} s");
        }
        finally
        {
            waited += time.GetElapsedTime(began);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
