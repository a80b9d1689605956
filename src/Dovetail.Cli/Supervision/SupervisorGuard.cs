using Dovetail.Cli.Platform;
using Dovetail.Node.Host;
using Microsoft.Extensions.Logging;

namespace Dovetail.Cli.Supervision;

/// <summary>Runs in server and node agent: a supervisor that was killed is started again by whoever notices first; its lock lets only one live. Under systemd that is systemd's business.</summary>
internal sealed partial class SupervisorGuard(DataDirectory data, TimeProvider time, ILogger<SupervisorGuard> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

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
                // It records itself once it has the lock. The other part may have started one as well: the one without the lock ends at once.
                await watch.WaitForExitAsync(Detached.Start(data, Parts.Supervisor, "supervise", "--data-dir", data.Root), ct);
            }
        }
        catch (OperationCanceledException)
        {
            // The part ends.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "the supervisor has ended; starting it again")]
    private partial void LogRestart();
}
