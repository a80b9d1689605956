using Dovetail.Node.Host;
using Dovetail.Node.Network;
using Dovetail.Node.Sandbox;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Pods;

/// <summary>
/// At the agent's start: compares records, cgroups, run folders, namespaces and addresses, and removes what no record names. What a record names belongs to its pod and is left to the
/// reconciler, which is told of every recorded pod, so that those without an object are taken down.
/// </summary>
internal sealed class Sweep(NodePaths paths, SandboxRecords records, Sandboxes sandboxes, Cgroups cgroups, PodNetwork network, ILogger logger)
{
    /// <summary>Returns the uids of all pods that have a record.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken ct)
    {
        var recorded = records.List();
        var uids = recorded.Select(r => r.PodUid).ToHashSet();
        foreach (var stray in cgroups.List().Concat(Folders(paths.RunPods)).Concat(records.PodUids()).Distinct().Where(uid => !uids.Contains(uid)))
        {
            await sandboxes.RemoveAsync(stray, ct);
            DurableFile.RemoveTree(paths.Pod(stray));
            logger.StrayRemoved("sandbox", stray);
        }

        var namespaces = recorded.Select(r => r.Netns).ToHashSet();
        foreach (var stray in network.Namespaces().Where(name => !namespaces.Contains(name)))
        {
            await network.RemoveNetnsAsync(stray, ct);
            logger.StrayRemoved("network namespace", stray);
        }

        await network.FreeStrayAddressesAsync(uids, ct);
        return [.. uids];
    }

    private static IEnumerable<string> Folders(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(Path.GetFileName).OfType<string>() : [];
}
