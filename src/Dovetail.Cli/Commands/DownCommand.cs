using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;

namespace Dovetail.Cli.Commands;

/// <summary><c>dovetail down</c>: stops guests in order, then everything else; the data stays. Done again, or where nothing runs, it is no error.</summary>
internal sealed class DownCommand(TimeProvider time, Progress progress)
{
    public async Task<int> RunAsync(string? dataDir, CancellationToken ct)
    {
        if (DataDirectory.FindOfAnyFormat(dataDir) is not { } data || !WasStarted(data))
        {
            Console.WriteLine($"there is no platform in {DataDirectory.Resolve(dataDir)}");
            return 0;
        }

        if (data.Newer is { } newer) await Console.Error.WriteLineAsync($"{newer}; stopping what its records name");
        var settings = SettingsOf(data);
        if (settings.Node && !Environment.IsPrivilegedProcess) throw new UserErrorException("stopping the node part needs root", "Run this as root.");
        var ran = Parts.All.Any(part => PartRecord.FindAlive(data, part) is not null);
        // Without the mark an up that still waits gives up by itself, and then lets go of the lock.
        File.Delete(data.Wanted);
        await using var door = await DoorLock.TakeAsync(data, time, progress, ct);
        using var stop = new PlatformStop(data, settings, time, progress);
        var left = await stop.AllAsync(ct);
        foreach (var leftover in left) await Console.Error.WriteLineAsync($"still there: {leftover}");
        Console.WriteLine(left.Count > 0 ? "stopped, but not everything is gone; dovetail down tries again" : ran ? "stopped; the data stays" : "nothing ran; the data stays");
        return left.Count == 0 ? 0 : ExitCodes.Failed;
    }

    // A folder that only holds built images has never run.
    private static bool WasStarted(DataDirectory data) => File.Exists(data.Settings) || Parts.All.Any(part => File.Exists(data.Record(part)));

    /// <summary>A platform whose settings are lost or broken can be stopped all the same: what runs is known from its records.</summary>
    private static Settings SettingsOf(DataDirectory data)
    {
        try
        {
            return Settings.Read(data);
        }
        catch (UserErrorException e)
        {
            Console.Error.WriteLine($"{e.Message}; stopping without them");
            return new Settings { Node = Environment.IsPrivilegedProcess };
        }
    }
}
