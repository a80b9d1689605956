using System.Diagnostics;
using Dovetail.Node.Host;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Parts;

/// <summary>
/// Keeps one part running: adopts the process of an earlier agent, else starts one in a session of its own that outlives the agent, waits for its end and starts it again with a growing
/// delay. Nothing is polled but the start-up and, once a minute, the health.
/// </summary>
internal sealed class PartSupervisor(PartSpec spec, NodePaths paths, ProcessWatch watch, TimeProvider time, Action<PartHealth> tell, ILogger logger)
{
    private const long MaxLogBytes = 4 << 20;
    private static readonly TimeSpan HealthInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);
    private readonly PartRecords records = new(paths);

    private string Log => $"{paths.Parts}/{spec.Name}.log";

    /// <summary>Runs until cancelled; the part goes on.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        for (var failures = 0; ;)
        {
            var began = time.GetTimestamp();
            var delay = TimeSpan.FromMilliseconds(Math.Min(200 * Math.Pow(2, failures), MaxDelay.TotalMilliseconds));
            try
            {
                var process = Adopt() ?? await StartAsync(ct);
                await WatchAsync(process, ct);
                logger.PartEnded(spec.Name, process.Pid, delay.TotalSeconds);
                tell(new PartHealth(spec.Name, 0, false, $"its process {process.Pid} ended; it is started again"));
            }
            catch (IOException e)
            {
                logger.PartFailed(spec.Name, e.Message, delay.TotalSeconds);
                tell(new PartHealth(spec.Name, 0, false, e.Message));
            }

            failures = time.GetElapsedTime(began) > StableAfter ? 0 : failures + 1;
            await Task.Delay(delay, time, ct);
        }
    }

    /// <summary>The recorded process when it lives and was started with the command that is wanted now; one with another command is ended.</summary>
    private ProcessId? Adopt()
    {
        if (records.Find(spec.Name) is not { } record || !record.Process.IsAlive) return null;
        if (record.Command != CommandText)
        {
            record.Process.Signal(Native.SigTerm);
            return null;
        }

        logger.PartAdopted(spec.Name, record.Pid);
        return record.Process;
    }

    private string CommandText => string.Join(' ', spec.Command);

    private async Task<ProcessId> StartAsync(CancellationToken ct)
    {
        if (records.Find(spec.Name) is { Process.IsAlive: true } ending) await watch.WaitForExitAsync(ending.Process, ct);
        if (spec.Port is { } port && HostPort.IsTaken(port)) throw new IOException(HostPort.Taken(port));
        BoundLog();

        // The shell opens the log and becomes the part: the process that was started is the part itself.
        const string script = "log=$1; shift; exec setsid \"$@\" >>\"$log\" 2>&1 </dev/null";
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, spec.Name, Log, .. spec.Command]) { WorkingDirectory = "/" };
        using var process = Process.Start(start) ?? throw new IOException("could not start /bin/sh");
        var id = ProcessId.Of(process.Id) ?? throw new IOException($"it ended at once: {LastLine()}");
        records.Write(spec.Name, new PartRecord(id.Pid, id.StartTicks, id.BootId, CommandText));
        logger.PartStarted(spec.Name, id.Pid);
        return id;
    }

    /// <summary>Tells the health until the process ends.</summary>
    private async Task WatchAsync(ProcessId process, CancellationToken ct)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var ended = watch.WaitForExitAsync(process, done.Token);
        var began = time.GetTimestamp();
        var healthy = false;
        while (!ended.IsCompleted)
        {
            var trouble = await spec.Probe(ct);
            if (ended.IsCompleted) break;
            healthy |= trouble is null;
            tell(new PartHealth(spec.Name, process.Pid, trouble is null, trouble is null ? "" : healthy || time.GetElapsedTime(began) > StartLimit ? trouble : "it is starting"));
            var wait = trouble is null ? HealthInterval : healthy || time.GetElapsedTime(began) > StartLimit ? TimeSpan.FromSeconds(5) : TimeSpan.FromMilliseconds(50);
            await Task.WhenAny(ended, Task.Delay(wait, time, done.Token));
            if (trouble is null) BoundLog();
        }

        await done.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>A log that has grown too large is kept once as .1 and emptied; the part appends, so it goes on in the same file.</summary>
    private void BoundLog()
    {
        if (!File.Exists(Log) || new FileInfo(Log).Length <= MaxLogBytes) return;
        File.Copy(Log, Log + ".1", overwrite: true);
        using var file = new FileStream(Log, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite);
    }

    private string LastLine() => File.Exists(Log) ? File.ReadLines(Log).LastOrDefault("it wrote nothing") : "it wrote nothing";
}
