using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Commands;

/// <summary><c>up --foreground</c>: up, then wait for Ctrl+C or SIGTERM, then down.</summary>
internal static class ForegroundCommand
{
    public static async Task<int> RunAsync(UpOptions options, string root, TimeProvider time, CancellationToken ct)
    {
        var progress = new Progress(time);
        var data = await new UpCommand(time, progress).RunAsync(options, ct);
        await Kubectl.EnsureAsync(data, root, progress, ct);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }

        return await new DownCommand(time, progress).RunAsync(data.Root, CancellationToken.None);
    }
}
