using Dovetail.Cli.Hosting;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Machinery.Errors;
using Dovetail.Node;
using Dovetail.Node.Host;
using Dovetail.Node.Pods;

namespace Dovetail.Cli.Commands;

/// <summary>Stops a platform in order: nobody restarts anything any more, no new guest comes, guests end, then every process and everything on the host that has the instance's name.</summary>
internal sealed class PlatformStop(DataDirectory data, Settings settings, TimeProvider time, Progress progress) : IDisposable
{
    private static readonly TimeSpan GuestGrace = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PartGrace = TimeSpan.FromSeconds(15);
    private readonly ProcessWatch _watch = new();

    public void Dispose() => _watch.Dispose();

    /// <summary>Stops everything. Returns what is left on the host all the same, in words.</summary>
    public async Task<IReadOnlyList<string>> AllAsync(CancellationToken ct)
    {
        await SupervisorAsync(ct);
        var left = settings.Node ? await NodeAsync(ct) : [];
        await StopAsync(Parts.Server, ct);
        return left;
    }

    /// <summary>Stops what a start has brought up, when that came to nothing. Guests that an earlier run has left keep running, and with them what they need.</summary>
    /// <returns>Whether there are such guests.</returns>
    public async Task<bool> ButGuestsAsync(CancellationToken ct)
    {
        if (!settings.Node || !GuestsRun())
        {
            await AllAsync(ct);
            return false;
        }

        await SupervisorAsync(ct);
        await StopAsync(Parts.Node, ct);
        await StopAsync(Parts.Server, ct);
        return true;
    }

    private bool GuestsRun() => new SandboxRecords(new NodePaths(data.InstanceId, data.Root)).List().Any(record => record.Init.IsAlive);

    private async Task SupervisorAsync(CancellationToken ct)
    {
        File.Delete(data.Wanted);
        Systemd.Stop(data);
        await StopAsync(Parts.Supervisor, ct);
    }

    private async Task<IReadOnlyList<string>> NodeAsync(CancellationToken ct)
    {
        var teardown = new NodeTeardown(NodeProcess.AgentOptions(data, settings), time);
        // While agent and API still live, guests end as guests do: their state is recorded, and no new one is placed here.
        if (await CloseNodeAsync(ct)) await progress.RunAsync("stopping guests", () => teardown.StopGuestsAsync(GuestGrace, Say, ct));
        await StopAsync(Parts.Node, ct);
        return await progress.RunAsync("stopping the node", async () => (IReadOnlyList<string>)await teardown.RunAsync(GuestGrace, Say, ct));
    }

    private async Task<bool> CloseNodeAsync(CancellationToken ct)
    {
        if (PartRecord.FindAlive(data, Parts.Server) is null || PartRecord.FindAlive(data, Parts.Node) is null || !File.Exists(data.Kubeconfig)) return false;
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

    private async Task StopAsync(string part, CancellationToken ct)
    {
        if (PartRecord.FindAlive(data, part) is not { } process) return;
        process.Signal(SignalNumbers.Terminate);
        await progress.RunAsync($"stopping the {part}", async () =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(PartGrace);
            try
            {
                await _watch.WaitForExitAsync(process, limit.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                process.Signal(SignalNumbers.Kill);
                await _watch.WaitForExitAsync(process, ct);
            }
        });
    }

    private static void Say(string step) => Console.Error.WriteLine(step);
}
