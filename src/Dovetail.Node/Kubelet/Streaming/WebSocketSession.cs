using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>
/// exec and attach over WebSocket: each message begins with its channel, 0 to 2 standard input, output and error, 3 the final status, 4 the terminal's size. Version 5 of the protocol adds
/// 255: the channel that follows is closed, which ends standard input.
/// </summary>
internal sealed class WebSocketSession : RemoteSession
{
    private const byte StatusChannel = 3;
    private const byte SizeChannel = 4;
    private const byte CloseSignal = 255;
    private const int LongestMessage = 1 << 20;
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(5);
    private static readonly string[] Versions = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
    private readonly WebSocket socket;
    private readonly TimeProvider time;
    private readonly bool closes;
    private readonly CancellationTokenSource gone;
    private readonly SemaphoreSlim writing = new(1);
    private readonly Pipe input = new(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false));
    private readonly System.Threading.Channels.Channel<TerminalSize> sizes = TerminalSizes.Channel();
    private readonly Task reading;
    private bool inputEnded;

    private WebSocketSession(WebSocket socket, StreamWishes wishes, TimeProvider time, CancellationToken ct)
    {
        (this.socket, this.time) = (socket, time);
        closes = socket.SubProtocol == Versions[0];
        gone = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Io = new ContainerIo
        {
            Input = wishes.Input ? input.Reader.AsStream() : null,
            Output = wishes.Output ? new WebSocketChannel(this, 1) : null,
            Error = wishes.Error ? new WebSocketChannel(this, 2) : null,
            Terminal = wishes.Terminal,
            Sizes = sizes.Reader,
        };
        reading = ReadAsync(wishes.Input);
    }

    public override ContainerIo Io { get; }

    public override CancellationToken Gone => gone.Token;

    public static new async Task<RemoteSession?> OpenAsync(HttpContext context, StreamWishes wishes, TimeProvider time, CancellationToken ct)
    {
        var version = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(v => Versions.Contains(v));
        if (version is null)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync($"unable to upgrade: requested protocol(s) are not supported: [{string.Join(' ', context.WebSockets.WebSocketRequestedProtocols)}]; supports [{string.Join(' ', Versions)}]", ct);
            return null;
        }

        var session = new WebSocketSession(await context.WebSockets.AcceptWebSocketAsync(version), wishes, time, ct);
        try
        {
            // An empty message tells the client that it is connected.
            await session.SendAsync((byte)(wishes.Output ? 1 : wishes.Error ? 2 : StatusChannel), ReadOnlyMemory<byte>.Empty, ct);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public override async Task EndAsync(byte[] status)
    {
        try
        {
            await input.Reader.CompleteAsync(); // else the client's goodbye would stand behind what nobody reads
            await SendAsync(StatusChannel, status, Gone);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Gone);
            await reading.WaitAsync(Goodbye, time); // until the client agrees: what it has not read yet would be lost with the connection
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or TimeoutException)
        {
            // It has gone.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        await reading;
        socket.Dispose();
        gone.Dispose();
    }

    internal async ValueTask SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        var message = new byte[data.Length + 1];
        message[0] = channel;
        data.CopyTo(message.AsMemory(1));
        await writing.WaitAsync(ct);
        try
        {
            await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        catch (WebSocketException e)
        {
            throw new IOException("the client has gone", e);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task ReadAsync(bool wantsInput)
    {
        try
        {
            using var message = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (await socket.ReceiveAsync(buffer.AsMemory(), gone.Token) is { MessageType: not WebSocketMessageType.Close } part)
            {
                message.Write(buffer, 0, part.Count);
                if (message.Length > LongestMessage) break;
                if (!part.EndOfMessage) continue;
                if (message.Length > 0) await TakeAsync(message.GetBuffer().AsMemory(0, (int)message.Length), wantsInput);
                message.SetLength(0);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // A connection that breaks is one that ends.
        }
        finally
        {
            await input.Writer.CompleteAsync();
            await gone.CancelAsync();
        }
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> message, bool wantsInput)
    {
        var data = message[1..];
        switch (message.Span[0])
        {
            case 0 when wantsInput && !inputEnded && data.Length > 0:
                await input.Writer.WriteAsync(data, gone.Token);
                break;
            case SizeChannel when TerminalSizes.Parse(data.Span) is { } size:
                sizes.Writer.TryWrite(size);
                break;
            case CloseSignal when closes && data.Length == 1 && data.Span[0] == 0:
                inputEnded = true;
                await input.Writer.CompleteAsync();
                break;
            default:
                break;
        }
    }
}
