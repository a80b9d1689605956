using System.Collections.Immutable;
using Dovetail.Node.Host;
using Dovetail.Node.Network;
using Dovetail.Node.Parts;
using Dovetail.Node.Pods;
using Dovetail.Node.Sandbox;

namespace Dovetail.Node;

/// <summary>
/// Takes a node down from the outside, when its agent and the API server are stopped: guests in order (SIGTERM, grace, kill), then the parts, then everything that carries the instance's
/// name on this host. Data (images, registry, disks in the data folder) is kept. Can be repeated; works from the records alone.
/// </summary>
public sealed class NodeTeardown(NodeAgentOptions options, TimeProvider time)
{
    private static readonly TimeSpan PartGrace = TimeSpan.FromSeconds(10);
    private readonly NodePaths paths = new(options.InstanceId, options.DataDirectory);

    /// <summary>Returns what is left on the host afterwards, in words; empty when all is gone. <paramref name="progress"/> is told each step.</summary>
    public async Task<ImmutableArray<string>> RunAsync(TimeSpan guestGrace, Action<string> progress, CancellationToken ct)
    {
        using var watch = new ProcessWatch();
        var cgroups = new Cgroups(options.InstanceId);
        var sandboxes = new Sandboxes(paths, new SandboxView(paths), cgroups, watch, time);
        await StopGuestsAsync(guestGrace, progress, ct);
        foreach (var uid in cgroups.List().Concat(Recorded().Select(r => r.PodUid)).Distinct()) await sandboxes.RemoveAsync(uid, ct);
        foreach (var record in Recorded()) new SandboxRecords(paths).Remove(record.PodUid);
        await StopPartsAsync(watch, progress, ct);
        await RemoveNetworkAsync(ct);
        cgroups.TryRemoveRoot();
        new SandboxView(paths).Remove();
        DurableFile.RemoveTree(paths.RunRoot);
        var left = Leftovers();
        var table = await Tool.TryRunAsync("nft", ["list", "table", "inet", HostNames.NftTable(options.InstanceId)], ct);
        return table.Ok ? left.Add($"nftables table inet {HostNames.NftTable(options.InstanceId)}") : left;
    }

    /// <summary>What carries the instance's name on this host at this moment, but for the nftables table.</summary>
    public ImmutableArray<string> Leftovers()
    {
        var left = ImmutableArray.CreateBuilder<string>();
        var cgroups = new Cgroups(options.InstanceId);
        foreach (var uid in cgroups.List()) left.Add($"cgroup {HostNames.CgroupFolder(options.InstanceId)}/{uid} with processes {string.Join(' ', cgroups.Processes(uid))}");
        foreach (var netns in Netns.List(HostNames.NetnsPrefix(options.InstanceId))) left.Add($"network namespace {netns}");
        var bridge = HostNames.Bridge(options.InstanceId);
        if (Directory.Exists($"/sys/class/net/{bridge}")) left.Add($"bridge {bridge}");
        var records = new PartRecords(paths);
        foreach (var part in records.Names().Where(name => records.Find(name) is { Process.IsAlive: true })) left.Add($"process {records.Find(part)!.Pid} of {part}");
        foreach (var mount in File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(Ours)) left.Add($"mount {mount}");
        return left.ToImmutable();
    }

    private IReadOnlyList<SandboxRecord> Recorded() => new SandboxRecords(paths).List();

    private bool Ours(string mount) => mount.StartsWith(paths.RunRoot + "/", StringComparison.Ordinal) || mount.StartsWith(paths.View + "/", StringComparison.Ordinal) || mount.StartsWith(paths.DataRoot + "/", StringComparison.Ordinal);

    /// <summary>Stops every guest in order: SIGTERM to its sandbox, which shuts it down, and an end by force after the grace period. With the agent still running, the guests' ends are recorded as any other's.</summary>
    public async Task StopGuestsAsync(TimeSpan grace, Action<string> progress, CancellationToken ct)
    {
        using var watch = new ProcessWatch();
        var cgroups = new Cgroups(options.InstanceId);
        var running = Recorded().Where(r => r.Phase == SandboxPhase.Running && r.Init.IsAlive).ToList();
        foreach (var record in running) record.Init.Signal(Native.SigTerm);
        if (running.Count > 0) progress($"stopping {running.Count} guests (up to {grace.TotalSeconds:0} s)");
        using var limit = new CancellationTokenSource(grace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        foreach (var record in running)
        {
            try
            {
                await watch.WaitForExitAsync(record.Init, either.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                progress($"{record.Namespace}/{record.Name} did not stop in time and is killed");
                cgroups.Kill(record.PodUid);
            }
        }
    }

    private async Task StopPartsAsync(ProcessWatch watch, Action<string> progress, CancellationToken ct)
    {
        var records = new PartRecords(paths);
        foreach (var name in records.Names().ToList())
        {
            if (records.Find(name) is { Process: { IsAlive: true } process })
            {
                progress($"stopping {name}");
                process.Signal(Native.SigTerm);
                using var limit = new CancellationTokenSource(PartGrace, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
                try
                {
                    await watch.WaitForExitAsync(process, either.Token);
                }
                catch (OperationCanceledException) when (!ct.IsCancellationRequested)
                {
                    process.Signal(Native.SigKill);
                    await watch.WaitForExitAsync(process, ct);
                }
            }

            records.Remove(name);
        }
    }

    private async Task RemoveNetworkAsync(CancellationToken ct)
    {
        foreach (var netns in Netns.List(HostNames.NetnsPrefix(options.InstanceId))) await Netns.RemoveAsync(netns, ct);
        var bridge = HostNames.Bridge(options.InstanceId);
        if (Directory.Exists($"/sys/class/net/{bridge}")) await Tool.RunAsync("ip", ["link", "del", bridge], ct);
        await Tool.RunAsync("nft", ["-f", "-"], ct, NftRules.RenderRemoval(options.InstanceId));
        DurableFile.RemoveTree($"{paths.Cni}/state");
    }
}
