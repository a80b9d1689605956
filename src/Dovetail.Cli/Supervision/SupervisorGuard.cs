using Dovetail.Cli.Platform;
using Dovetail.Node.Host;
using Microsoft.Extensions.Logging;

namespace Dovetail.Cli.Supervision;

/// <summary>Runs in server and node agent: a supervisor that was killed is started again by whoever notices first; its lock lets only one live. Under systemd that is systemd's business.</summary>
internal sealed partial class SupervisorGuard(DataDirectory data, TimeProvider time, ILogger<SupervisorGuard> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterStart = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken ct)
    {
        var watch = new ProcessWatch();
        try
        {
            while (!ct.IsCancellationRequested)
            {
                if (PartRecord.FindAlive(data, Parts.Supervisor) is { } supervisor) await watch.WaitForExitAsync(supervisor, ct);
                await Task.Delay(Pause, time, ct); // The one who stops the platform takes the mark away before the supervisor; the other part may be faster.
                if (!File.Exists(data.Wanted) || PartRecord.FindAlive(data, Parts.Supervisor) is not null) continue;
                LogRestart();
                try
                {
                    // It records itself once it has the lock. The other part may have started one as well: the one without the lock ends at once.
                    await watch.WaitForExitAsync(Detached.Start(data, Parts.Supervisor, "supervise", "--data-dir", data.Root), ct);
                }
                catch (IOException e)
                {
                    LogNotStarted(e.Message);
                }

                await Task.Delay(PauseAfterStart, time, ct); // one that cannot live or record itself, on a full disk say, is not started in a spin
            }
        }
        catch (OperationCanceledException)
        {
            // The part ends.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "the supervisor has ended; starting it again")]
    private partial void LogRestart();

    [LoggerMessage(2, LogLevel.Error, "the supervisor could not be started and is tried again: {Reason}")]
    private partial void LogNotStarted(string reason);
}
