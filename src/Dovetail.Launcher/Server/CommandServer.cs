using System.Net.Sockets;
using System.Text.Json;
using Dovetail.Launcher.Guest;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Server;

/// <summary>
/// Serves the launcher protocol on the unix socket: any number of connections, each gets its answers and every change of the status. Commands reach the owner in the order of the
/// connection; each answer is sent when it is there, so a command that waits for a hung QEMU does not keep a later one that destroys it.
/// </summary>
internal sealed class CommandServer(string socketPath, GuestOwner owner, StatusFeed feed)
{
    /// <summary>Commands of one connection that are worked on at once; further ones are read later.</summary>
    private const int MostInWork = 32;
    public async Task RunAsync(CancellationToken ct)
    {
        // A launcher that was killed leaves its socket behind.
        File.Delete(socketPath);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        File.SetUnixFileMode(socketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(16);
        while (!ct.IsCancellationRequested)
        {
            var client = await listener.AcceptAsync(ct).ConfigureAwait(false);
            _ = ServeAsync(client, ct);
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken ct)
    {
        using var stream = new MessageStream(new NetworkStream(client, ownsSocket: true));
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var room = new SemaphoreSlim(MostInWork);

        // Before the greeting tells the present status: no change after it is missed.
        using var subscription = feed.Subscribe();
        var sending = new HashSet<Task>();
        try
        {
            if (!await GreetAsync(stream, closed.Token).ConfigureAwait(false)) return;
            sending.Add(SendEventsAsync(stream, subscription, closed.Token));
            while (await stream.ReadLineAsync(closed.Token).ConfigureAwait(false) is { } line)
            {
                await room.WaitAsync(closed.Token).ConfigureAwait(false);
                sending.RemoveWhere(static t => t.IsCompleted);
                sending.Add(AnswerAsync(stream, Parse(line), room, closed.Token));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException or SocketException)
        {
            // The handler went away, or does not speak the protocol: its connection is all that ends.
            if (e is InvalidDataException) await Console.Error.WriteLineAsync($"a connection was closed: {e.Message}").ConfigureAwait(false);
        }
        finally
        {
            await closed.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Hands the command over before it first waits: that keeps the order.</summary>
    private async Task AnswerAsync(MessageStream stream, (long Id, LauncherCommand? Command, string? Problem) request, SemaphoreSlim room, CancellationToken ct)
    {
        try
        {
            var answer = request.Command is { } command ? await owner.AskAsync(command).WaitAsync(ct).ConfigureAwait(false) : new Answer(request.Problem);
            await SendAsync(stream, new LauncherMessage(request.Id, LauncherProtocol.Version, feed.Current, answer.Error) { Result = answer.Result }, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The reader of the same connection notices, too.
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>The first request is Hello with a version that is spoken here.</summary>
    private async Task<bool> GreetAsync(MessageStream stream, CancellationToken ct)
    {
        if (await stream.ReadAsync(LauncherJson.Default.LauncherRequest, ct).ConfigureAwait(false) is not { } first) return false;
        var error = first.Command is not LauncherCommand.Hello hello ? "the first request has to be hello"
            : hello.Version < LauncherProtocol.OldestVersion ? $"version {hello.Version} is not spoken; the oldest is {LauncherProtocol.OldestVersion}"
            : null;
        await SendAsync(stream, new LauncherMessage(first.Id, LauncherProtocol.Version, feed.Current, error), ct).ConfigureAwait(false);
        return error is null;
    }

    private static async Task SendEventsAsync(MessageStream stream, StatusFeed.Subscription subscription, CancellationToken ct)
    {
        try
        {
            await foreach (var status in subscription.Changes.ReadAllAsync(ct).ConfigureAwait(false))
                await SendAsync(stream, new LauncherMessage(0, LauncherProtocol.Version, status, null), ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The reader of the same connection notices, too.
        }
    }

    private static ValueTask SendAsync(MessageStream stream, LauncherMessage message, CancellationToken ct) => stream.WriteAsync(message, LauncherJson.Default.LauncherMessage, ct);

    /// <summary>A command that is not known (of a newer handler) is answered by its id, so that the handler can say what is missing.</summary>
    private static (long Id, LauncherCommand? Command, string? Problem) Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            var request = JsonSerializer.Deserialize(line.Span, LauncherJson.Default.LauncherRequest);
            return request?.Command is { } command ? (request.Id, command, null) : (0, null, "the request has no command");
        }
        catch (JsonException e)
        {
            return (IdOf(line), null, $"the request is not understood: {e.Message}");
        }
    }

    private static long IdOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("id", out var id) && id.TryGetInt64(out var number) ? number : 0;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"a request is not JSON: {e.Message}", e);
        }
    }
}
