using Dovetail.Cli.Hosting;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Machinery.Errors;
using Dovetail.Node;
using Dovetail.Node.Host;

namespace Dovetail.Cli.Commands;

/// <summary><c>dovetail down</c>: nobody restarts anything any more, no new guest comes, guests stop in order, then every process and everything on the host that has the instance's name.</summary>
internal sealed class DownCommand(TimeProvider time, Progress progress)
{
    private static readonly TimeSpan GuestGrace = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PartGrace = TimeSpan.FromSeconds(15);

    public async Task<int> RunAsync(string? dataDir, CancellationToken ct)
    {
        if (DataDirectory.Find(dataDir) is not { } data || !Directory.Exists(data.Run))
        {
            Console.WriteLine($"there is no platform in {DataDirectory.Resolve(dataDir)}");
            return 0;
        }

        var settings = SettingsOf(data);
        if (settings.Node && !Environment.IsPrivilegedProcess) throw new UserErrorException("stopping the node part needs root", "Run this as root.");
        File.Delete(data.Wanted);
        Systemd.Stop(data);
        using var watch = new ProcessWatch();
        await StopAsync(data, Parts.Supervisor, watch, ct);
        var left = settings.Node ? await StopNodeAsync(data, settings, watch, ct) : [];
        await StopAsync(data, Parts.Server, watch, ct);
        foreach (var leftover in left) await Console.Error.WriteLineAsync($"still there: {leftover}");
        Console.WriteLine(left.Count == 0 ? "stopped; the data stays" : "stopped, but not everything is gone");
        return left.Count == 0 ? 0 : ExitCodes.Failed;
    }

    /// <summary>A platform whose settings are lost can be stopped all the same: what runs is known from its records.</summary>
    private static Settings SettingsOf(DataDirectory data)
    {
        try
        {
            return Settings.Read(data);
        }
        catch (UserErrorException e)
        {
            Say($"{e.Message}; stopping without them");
            return new Settings { Node = Environment.IsPrivilegedProcess };
        }
    }

    private async Task<IReadOnlyList<string>> StopNodeAsync(DataDirectory data, Settings settings, ProcessWatch watch, CancellationToken ct)
    {
        var teardown = new NodeTeardown(NodeProcess.AgentOptions(data, settings), time);
        // While agent and API still live, guests end as guests do: their state is recorded, and no new one is placed here.
        if (await CloseNodeAsync(data, settings, ct)) await progress.RunAsync("stopping guests", () => teardown.StopGuestsAsync(GuestGrace, Say, ct));
        await StopAsync(data, Parts.Node, watch, ct);
        return await progress.RunAsync("stopping the node", async () => (IReadOnlyList<string>)await teardown.RunAsync(GuestGrace, Say, ct));
    }

    private async Task<bool> CloseNodeAsync(DataDirectory data, Settings settings, CancellationToken ct)
    {
        if (PartRecord.FindAlive(data, Parts.Server) is null || PartRecord.FindAlive(data, Parts.Node) is null) return false;
        try
        {
            using var api = new PlatformProcesses(data, time).Connect();
            await NodeGate.CloseAsync(api, PlatformProcesses.NodeName(settings), ct);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or StatusException)
        {
            return false; // The teardown works from the records on disk alone.
        }
    }

    private async Task StopAsync(DataDirectory data, string part, ProcessWatch watch, CancellationToken ct)
    {
        if (PartRecord.FindAlive(data, part) is not { } process) return;
        process.Signal(SignalNumbers.Terminate);
        await progress.RunAsync($"stopping the {part}", async () =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(PartGrace);
            try
            {
                await watch.WaitForExitAsync(process, limit.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                process.Signal(SignalNumbers.Kill);
                await watch.WaitForExitAsync(process, ct);
            }
        });
    }

    private static void Say(string step) => Console.Error.WriteLine(step);
}
