using Microsoft.AspNetCore.Http;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>exec and attach over SPDY: a stream for each of <c>error</c>, <c>stdin</c>, <c>stdout</c>, <c>stderr</c> and <c>resize</c>, all opened by the client (<c>v4.channel.k8s.io</c>).</summary>
internal sealed class SpdySession : RemoteSession
{
    private const string Version = "v4.channel.k8s.io";
    private static readonly TimeSpan OpeningLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(5);
    private readonly Stream transport;
    private readonly SpdyConnection connection;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource gone;
    private readonly Dictionary<string, SpdyStream> streams = [];
    private readonly TaskCompletionSource complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly System.Threading.Channels.Channel<TerminalSize> sizes = TerminalSizes.Channel();
    private readonly HashSet<string> expected;
    private Task reading = Task.CompletedTask;
    private Task resizing = Task.CompletedTask;
    private ContainerIo? io;

    private SpdySession(Stream transport, StreamWishes wishes, TimeProvider time, CancellationToken ct)
    {
        (this.transport, this.time) = (transport, time);
        connection = new SpdyConnection(transport);
        gone = CancellationTokenSource.CreateLinkedTokenSource(ct);
        expected = ["error"];
        if (wishes.Input) expected.Add("stdin");
        if (wishes.Output) expected.Add("stdout");
        if (wishes.Error) expected.Add("stderr");
        if (wishes.Terminal) expected.Add("resize");
    }

    public override ContainerIo Io => io!;

    public override CancellationToken Gone => gone.Token;

    public static new async Task<RemoteSession?> OpenAsync(HttpContext context, StreamWishes wishes, TimeProvider time, CancellationToken ct)
    {
        if (await SpdyUpgrade.AcceptAsync(context, Version, ct) is not { } transport) return null;
        var session = new SpdySession(transport, wishes, time, ct);
        session.reading = session.ReadAsync();
        try
        {
            await session.complete.Task.WaitAsync(OpeningLimit, time, session.Gone);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await session.DisposeAsync();
            return null;
        }

        session.io = new ContainerIo
        {
            Input = session.streams.GetValueOrDefault("stdin"),
            Output = session.streams.GetValueOrDefault("stdout"),
            Error = session.streams.GetValueOrDefault("stderr"),
            Terminal = wishes.Terminal,
            Sizes = session.sizes.Reader,
        };
        if (session.streams.GetValueOrDefault("resize") is { } resize) session.resizing = session.ResizeAsync(resize);
        return session;
    }

    public override async Task EndAsync(byte[] status)
    {
        try
        {
            if (streams.GetValueOrDefault("stdin") is { } input) await input.StopReadingAsync(); // else the goodbye would stand behind what nobody reads
            await streams["error"].WriteAsync(status, Gone);
            foreach (var stream in streams.Values) await stream.CompleteAsync(Gone);
            await connection.SendGoAwayAsync(Gone);
            await reading.WaitAsync(Goodbye, time, Gone); // the client closes when it has read everything
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException)
        {
            // It has gone, or takes its time.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        await Task.WhenAll(reading, resizing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await transport.DisposeAsync();
        gone.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await connection.RunAsync(Opened, gone.Token);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException)
        {
            // A connection that breaks is one that ends.
        }
        finally
        {
            await gone.CancelAsync();
        }
    }

    private bool Opened(SpdyStream stream)
    {
        var type = stream.Header("streamtype");
        if (!expected.Contains(type) || !streams.TryAdd(type, stream)) return false;
        if (streams.Count == expected.Count) complete.TrySetResult();
        return true;
    }

    private async Task ResizeAsync(SpdyStream stream)
    {
        var buffer = new byte[1024];
        var filled = 0;
        while (await stream.ReadAsync(buffer.AsMemory(filled), gone.Token) is var count and > 0)
        {
            filled += count;
            for (var end = buffer.AsSpan(0, filled).IndexOf((byte)'}'); end >= 0; end = buffer.AsSpan(0, filled).IndexOf((byte)'}'))
            {
                if (TerminalSizes.Parse(buffer.AsSpan(0, end + 1)) is { } size) sizes.Writer.TryWrite(size);
                buffer.AsSpan(end + 1, filled - end - 1).CopyTo(buffer);
                filled -= end + 1;
            }

            if (filled == buffer.Length) filled = 0;
        }
    }
}
