using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Commands;

/// <summary><c>--foreground</c>: stays until Ctrl+C or SIGTERM and then takes the platform down; ends as well when somebody else has taken it down.</summary>
internal static class ForegroundCommand
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    public static async Task<int> StayAsync(DataDirectory data, TimeProvider time, Progress progress, CancellationToken ct)
    {
        Console.WriteLine("Ctrl+C stops the platform");
        try
        {
            while (File.Exists(data.Wanted)) await Task.Delay(Beat, time, ct);
            await Console.Error.WriteLineAsync("the platform was taken down");
            return 0;
        }
        catch (OperationCanceledException)
        {
            return await new DownCommand(time, progress).RunAsync(data.Root, CancellationToken.None);
        }
    }
}
