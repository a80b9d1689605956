using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using k8s.Models;

namespace Dovetail.Virt.VirtController.Nodes;

/// <summary>A guest on the node and its pod.</summary>
public sealed record GuestOnNode(VirtualMachineInstance Vmi, V1Pod? Pod);

public sealed record NodeFacts(V1Node Node, ImmutableArray<GuestOnNode> Guests, DateTime Now);

/// <param name="MarkUnschedulable">The node takes no more guests.</param>
/// <param name="Lost">Guests that nobody can vouch for any more.</param>
/// <param name="RecheckAfter">When the heartbeat would be too old.</param>
public sealed record NodePlan(bool MarkUnschedulable, ImmutableArray<VirtualMachineInstance> Lost, TimeSpan? RecheckAfter);

/// <summary>
/// A node whose virt-handler has not been heard of for five minutes takes no more guests. Its guests are given up only when nothing vouches for them: their pod is gone, has ended,
/// or should have ended by now. A pod that is said to run is left alone: its guest may well run, and must not be started a second time elsewhere.
/// </summary>
public static class NodePlanner
{
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Recheck = TimeSpan.FromMinutes(1);

    public static NodePlan Decide(NodeFacts f)
    {
        if (f.Node.Metadata.Annotations?.TryGetValue(KubeVirtAnnotations.Heartbeat, out var text) != true
            || !DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var heartbeat))
            return new(false, [], null);
        var left = heartbeat + Timeout - f.Now;
        if (left > TimeSpan.Zero) return new(false, [], left < Recheck ? left : Recheck);
        var schedulable = f.Node.Metadata.Labels?.Contains(KeyValuePair.Create(KubeVirtLabels.Schedulable, "true")) == true;
        return new(schedulable, [.. f.Guests.Where(guest => IsLost(guest, f.Now)).Select(guest => guest.Vmi)], Recheck);
    }

    private static bool IsLost(GuestOnNode guest, DateTime now) =>
        !VmiPhases.IsFinal(guest.Vmi.Status?.Phase)
        && (guest.Pod is null || LauncherPodState.IsTerminal(guest.Pod) || guest.Pod.Metadata.DeletionTimestamp < now);
}
