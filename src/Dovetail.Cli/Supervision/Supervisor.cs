using Dovetail.Cli.Platform;
using Dovetail.Node.Host;
using Microsoft.Extensions.Logging;

namespace Dovetail.Cli.Supervision;

/// <summary>
/// Keeps server and node agent alive where no systemd does it, or under systemd as the one unit. It finds parts that already run by their records, so it can itself be killed and
/// started again; the parts watch it in turn (<see cref="SupervisorGuard"/>). A part that ends with <see cref="ExitCodes.CannotStart"/> has said why and is not started again.
/// </summary>
internal sealed partial class Supervisor(DataDirectory data, TimeProvider time, ILogger<Supervisor> log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);
    private readonly ProcessWatch _watch = new();

    /// <summary>Runs until cancelled. Returns at once when another supervisor has this data folder.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        FileStream ownership;
        try
        {
            ownership = new FileStream(data.SupervisorLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            LogOwned(data.Root);
            return;
        }

        using (ownership)
        {
            RecordSelf();
            var settings = Settings.Read(data);
            List<Task> parts = [KeepAsync(Parts.Server, ct)];
            if (settings.Node) parts.Add(KeepAsync(Parts.Node, ct));
            await Task.WhenAll(parts);
        }
    }

    private async Task KeepAsync(string part, CancellationToken ct)
    {
        var pause = FirstPause;
        while (!ct.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            try
            {
                File.Delete(data.Failure(part));
                var process = PartRecord.FindAlive(data, part) ?? Start(part);
                LogRunning(part, process.Pid);
                await _watch.WaitForExitAsync(process, ct);
            }
            catch (IOException e)
            {
                LogNotStarted(part, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (File.Exists(data.Failure(part)))
            {
                LogRefused(part);
                return;
            }

            if (time.GetElapsedTime(started) > Settled) pause = FirstPause;
            LogEnded(part, pause.TotalMilliseconds);
            try
            {
                await Task.Delay(pause, time, ct);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>A part that cannot be recorded does not stay: nobody would find it again.</summary>
    private ProcessId Start(string part)
    {
        var process = Detached.Start(data, part, part, "--data-dir", data.Root);
        try
        {
            PartRecord.Write(data, part, process);
            return process;
        }
        catch (IOException)
        {
            process.Signal(Native.SigKill);
            throw;
        }
    }

    private void RecordSelf()
    {
        try
        {
            if (ProcessId.Of(Environment.ProcessId) is { } self) PartRecord.Write(data, Parts.Supervisor, self);
        }
        catch (IOException e)
        {
            LogUnrecorded(e.Message); // the lock still tells that it is there; the parts are worth more than its record
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Part} runs as process {Pid}")]
    private partial void LogRunning(string part, int pid);

    [LoggerMessage(2, LogLevel.Warning, "{Part} has ended; starting it again in {Milliseconds} ms")]
    private partial void LogEnded(string part, double milliseconds);

    [LoggerMessage(3, LogLevel.Error, "{Part} cannot start and has said why; it is not started again")]
    private partial void LogRefused(string part);

    [LoggerMessage(5, LogLevel.Error, "{Part} could not be started and is tried again: {Reason}")]
    private partial void LogNotStarted(string part, string reason);

    [LoggerMessage(6, LogLevel.Error, "the supervisor could not record itself: {Reason}")]
    private partial void LogUnrecorded(string reason);

    [LoggerMessage(4, LogLevel.Information, "another supervisor has {Folder}")]
    private partial void LogOwned(string folder);
}

/// <summary>The processes of the platform, as they are recorded and named on the command line.</summary>
internal static class Parts
{
    public const string Supervisor = "supervisor";
    public const string Server = "server";
    public const string Node = "node";

    public static IReadOnlyList<string> All { get; } = [Supervisor, Server, Node];
}

internal static class ExitCodes
{
    public const int Failed = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>The part cannot start until somebody changes something; the reason is in its failure file.</summary>
    public const int CannotStart = 3;
}
