using System.Net.Sockets;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Store;
using Dovetail.Store.Sqlite;
using Microsoft.Extensions.Logging;

namespace Dovetail.Cli.Hosting;

/// <summary>What every long-running part has in common: its data folder, its log, its end, and how it says that it cannot start.</summary>
internal static class PartHost
{
    /// <summary>When a part has started and its caches are filled.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    public static ILoggerFactory Loggers() => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
    });

    /// <summary>Runs a part. What somebody has to mend before it can start goes to its failure file, where <c>up</c> and the supervisor look.</summary>
    public static async Task<int> RunAsync(string part, string? dataDir, Func<DataDirectory, Settings, ILoggerFactory, Task> run)
    {
        var data = DataDirectory.Find(dataDir) ?? throw new UserErrorException($"there is no platform in {DataDirectory.Resolve(dataDir)}", "Start it with dovetail up.");
        using var loggers = Loggers();

        // What the start allocated is garbage by then, and an idle part has no reason to collect it for hours: it is given back to the system once.
        using var settled = TimeProvider.System.CreateTimer(static _ => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true), null, Settled, Timeout.InfiniteTimeSpan);
        try
        {
            await run(data, Settings.Read(data).Validated(), loggers);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception e) when (Explain(e) is { } why)
        {
            await File.WriteAllTextAsync(data.Failure(part), $"{why.Message}\n{why.NextStep}");
            await Console.Error.WriteLineAsync($"{part}: {why.Message}");
            return ExitCodes.CannotStart;
        }
    }

    public static Task<int> SuperviseAsync(string? dataDir, CancellationToken ct) => RunAsync(Parts.Supervisor, dataDir, (data, _, loggers) =>
        new Supervisor(data, TimeProvider.System, loggers.CreateLogger<Supervisor>()).RunAsync(ct));

    /// <summary>The parts keep their supervisor alive, unless systemd does.</summary>
    public static Task GuardAsync(DataDirectory data, ILoggerFactory loggers, CancellationToken ct) =>
        Environment.GetEnvironmentVariable(Systemd.Mark) is null && File.Exists(data.Wanted)
            ? new SupervisorGuard(data, TimeProvider.System, loggers.CreateLogger<SupervisorGuard>()).RunAsync(ct)
            : Task.CompletedTask;

    private static (string Message, string NextStep)? Explain(Exception e) => e switch
    {
        UserErrorException known => (known.Message, known.NextStep),
        StoreFormatException newer => (newer.Message, "Use the version that wrote it, or another data folder."),
        StoreDamagedException damaged => (damaged.Message, "Bring the newest backup back with dovetail restore FILE --replace; the folder as it is now is kept under another name."),
        StoreUnavailableException failing => (failing.Message, "Bring the storage back, then start again."),
        StoreInUseException busy => (busy.Message, "Another process serves this data folder; dovetail status shows it."),
        InvalidDataException broken => (broken.Message, "Restore the file from a backup, or remove it if it is yours."),
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } taken => (taken.Message, "Choose another address with --listen, or stop what uses this one."),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AccessDenied } refused => ($"the address cannot be listened on: {refused.Message}", "Choose an address of this machine with --listen; ports below 1024 need root."),
        _ => null,
    };
}
