using System.Text;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.LeaderElection;
using Dovetail.Runtime.Queue;
using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Controllers;

/// <summary>
/// Runs the caches and a set of runnables together, the runnables only while this process leads when an election is given. One that ends by an exception is
/// logged and started again with back-off, so a bug in one does not take the others down.
/// </summary>
public sealed class ControllerHost(SharedCaches caches, IReadOnlyList<IRunnable> runnables, LeaderElector? election, TimeProvider time, Random random, ILogger<ControllerHost> logger) : IRunnable
{
    private static readonly RetryBackoff Restart = new() { First = TimeSpan.FromSeconds(1), Max = TimeSpan.FromMinutes(1) };

    public string Name => "controllers";

    /// <summary>The metrics of all work queues, in the text format of Prometheus.</summary>
    public void RenderMetrics(StringBuilder text) => QueueMetrics.Render(text, [.. runnables.OfType<IMeasuredQueue>().OrderBy(q => q.Name, StringComparer.Ordinal).Select(q => (q.Name, q.Metrics))]);

    public async Task RunAsync(CancellationToken ct)
    {
        var mirroring = caches.RunAsync(ct);
        var controlling = election is null ? RunAllAsync(ct) : election.RunAsync(RunAllAsync, ct);
        await controlling;
        await mirroring;
    }

    private async Task RunAllAsync(CancellationToken ct)
    {
        var running = runnables.Select(runnable => KeepRunningAsync(runnable, ct)).ToArray();
        foreach (var one in running) await one;
    }

    private async Task KeepRunningAsync(IRunnable runnable, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            Exception? cause = null;
            try
            {
                await runnable.RunAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The boundary of a component: reported here, once.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                cause = failure;
            }

            if (ct.IsCancellationRequested) return;
            var delay = Restart.Delay(failures, random);
            logger.RunnableEnded(cause, runnable.Name, delay.TotalSeconds);
            if (!await Pause.ForAsync(delay, time, ct)) return;
        }
    }
}
