using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>
/// The server's side of SPDY/3.1 as Kubernetes uses it for commands and ports: streams that the client opens, data both ways, pings. Settings and windows are read and mean nothing, as in
/// the library that its clients are made with.
/// </summary>
internal sealed class SpdyConnection(Stream transport)
{
    private const int HeadBytes = 8;
    private const int LongestFrame = 1 << 20;
    private const int LongestData = 1 << 16;
    private const int MostStreams = 1000;
    private const byte Final = 1;
    private const uint Cancelled = 5;
    private const uint Refused = 3;
    private readonly SpdyHeaders received = new();
    private readonly SpdyHeaders sent = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly ConcurrentDictionary<int, SpdyStream> streams = new();

    /// <summary>SPDY's control frames.</summary>
    private enum Frame
    {
        SynStream = 1,
        SynReply = 2,
        RstStream = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        Headers = 8,
        WindowUpdate = 9,
    }

    /// <summary>Reads until the client ends or says goodbye.</summary>
    /// <param name="opened">Gets each new stream; a false answer refuses it.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="InvalidDataException">The client does not speak SPDY/3.1.</exception>
    public async Task RunAsync(Func<SpdyStream, bool> opened, CancellationToken ct)
    {
        var head = new byte[HeadBytes];
        try
        {
            while (await transport.ReadAtLeastAsync(head, HeadBytes, throwOnEndOfStream: false, ct) == HeadBytes)
            {
                var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)) & 0xFFFFFF);
                if (length > LongestFrame) throw new InvalidDataException($"a frame of {length} bytes");
                var body = new byte[length];
                await transport.ReadExactlyAsync(body, ct);
                if ((head[0] & 0x80) == 0) await DataAsync(BinaryPrimitives.ReadInt32BigEndian(head), body, (head[4] & Final) != 0, ct);
                else if (!await ControlAsync((Frame)BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)), head[4], body, opened, ct)) return;
            }
        }
        finally
        {
            foreach (var stream in streams.Values) stream.End();
        }
    }

    public async ValueTask SendDataAsync(int stream, ReadOnlyMemory<byte> data, bool last, CancellationToken ct)
    {
        do
        {
            var part = data[..Math.Min(data.Length, LongestData)];
            data = data[part.Length..];
            var frame = new byte[HeadBytes + part.Length];
            BinaryPrimitives.WriteInt32BigEndian(frame, stream);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), part.Length);
            frame[4] = last && data.Length == 0 ? Final : (byte)0;
            part.CopyTo(frame.AsMemory(HeadBytes));
            await SendAsync(frame, ct);
        }
        while (data.Length > 0);
    }

    public Task SendResetAsync(int stream, CancellationToken ct) => ResetAsync(stream, Cancelled, ct);

    private Task ResetAsync(int stream, uint why, CancellationToken ct) => SendControlAsync(Frame.RstStream, [.. Bytes((uint)stream), .. Bytes(why)], ct);

    public Task SendGoAwayAsync(CancellationToken ct) => SendControlAsync(Frame.GoAway, [.. Bytes((uint)streams.Keys.DefaultIfEmpty().Max()), .. Bytes(0)], ct);

    private static byte[] Bytes(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>False: the client says goodbye.</summary>
    private async Task<bool> ControlAsync(Frame frame, byte flags, byte[] body, Func<SpdyStream, bool> opened, CancellationToken ct)
    {
        switch (frame)
        {
            case Frame.SynStream:
                await OpenAsync(body, (flags & Final) != 0, opened, ct);
                return true;
            case Frame.Ping:
                await SendControlAsync(Frame.Ping, body, ct);
                return true;
            case Frame.RstStream when body.Length >= 4:
                if (streams.TryRemove(BinaryPrimitives.ReadInt32BigEndian(body), out var gone)) gone.End();
                return true;
            case Frame.Headers when body.Length >= 4:
                received.Read(body.AsSpan(4)); // the compression of what follows depends on it
                return true;
            case Frame.GoAway:
                return false;
            default:
                return true;
        }
    }

    private async Task OpenAsync(byte[] body, bool last, Func<SpdyStream, bool> opened, CancellationToken ct)
    {
        if (body.Length < 10) throw new InvalidDataException("a stream without headers");
        var id = BinaryPrimitives.ReadInt32BigEndian(body) & int.MaxValue;
        var stream = new SpdyStream(id, received.Read(body.AsSpan(10)), this);
        if (streams.Count >= MostStreams || !streams.TryAdd(id, stream))
        {
            await ResetAsync(id, Refused, ct);
            return;
        }

        if (last) await stream.ReceivedAsync(ReadOnlyMemory<byte>.Empty, last: true, ct);
        await SendReplyAsync(id, ct); // before anyone can write to it: no data comes ahead of the reply
        if (opened(stream)) return;
        streams.TryRemove(id, out _);
        await ResetAsync(id, Refused, ct);
    }

    private async Task DataAsync(int id, byte[] body, bool last, CancellationToken ct)
    {
        if (!streams.TryGetValue(id, out var stream)) return;
        if (last) streams.TryRemove(id, out _);
        await stream.ReceivedAsync(body, last, ct);
    }

    private async Task SendReplyAsync(int id, CancellationToken ct)
    {
        await writing.WaitAsync(ct);
        try
        {
            // Made under the lock: the compression goes through the frames in their order.
            await transport.WriteAsync(Control(Frame.SynReply, [.. Bytes((uint)id), .. sent.Empty()]), ct);
            await transport.FlushAsync(ct);
        }
        finally
        {
            writing.Release();
        }
    }

    private Task SendControlAsync(Frame frame, byte[] body, CancellationToken ct) => SendAsync(Control(frame, body), ct);

    private static byte[] Control(Frame frame, byte[] body) => [0x80, 3, 0, (byte)frame, .. Bytes((uint)body.Length), .. body];

    private async Task SendAsync(byte[] frame, CancellationToken ct)
    {
        await writing.WaitAsync(ct);
        try
        {
            await transport.WriteAsync(frame, ct);
            await transport.FlushAsync(ct);
        }
        finally
        {
            writing.Release();
        }
    }
}
