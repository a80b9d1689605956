using System.Collections.Immutable;
using System.Globalization;
using k8s.Models;

namespace Dovetail.Workloads.Scheduling;

/// <summary>A node and what the pods on it have taken.</summary>
public sealed record NodeFacts(V1Node Node, ImmutableDictionary<string, decimal> Taken);

/// <summary>Where a pod goes.</summary>
public abstract record Placement
{
    private Placement() { }

    public sealed record On(string Node) : Placement;

    /// <summary>No node fits; <paramref name="Message"/> counts the nodes by reason, as upstream words it.</summary>
    public sealed record Nowhere(string Message) : Placement;
}

/// <summary>Decides where a pod runs: filters nodes as kube-scheduler's default plugins do, then takes the least allocated one.</summary>
public static class SchedulingPlanner
{
    public static Placement Decide(V1PodSpec pod, IReadOnlyList<NodeFacts> nodes)
    {
        if (Unserved(pod) is { } field) return new Placement.Nowhere($"0/{nodes.Count} nodes are available: {field} is not served by the embedded scheduler yet.");
        if (nodes.Count == 0) return new Placement.Nowhere("no nodes available to schedule pods");
        var requests = PodResources.RequestsOf(pod);
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        NodeFacts? best = null;
        var bestShare = decimal.MaxValue;
        foreach (var node in nodes.OrderBy(node => node.Node.Metadata.Name, StringComparer.Ordinal))
        {
            var obstacles = Obstacles(pod, requests, node);
            foreach (var reason in obstacles) reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
            if (!obstacles.IsEmpty || Share(requests, node) is var share && share >= bestShare) continue;
            (best, bestShare) = (node, share);
        }

        if (best is not null) return new Placement.On(best.Node.Metadata.Name);
        // Upstream sorts the rendered "<count> <reason>" texts.
        var counted = reasons.Select(reason => string.Create(CultureInfo.InvariantCulture, $"{reason.Value} {reason.Key}")).Order(StringComparer.Ordinal);
        return new Placement.Nowhere($"0/{nodes.Count} nodes are available: {string.Join(", ", counted)}.");
    }

    /// <summary>Why the node does not take the pod; upstream stops at the first kind of reason, but names every resource that is short.</summary>
    private static ImmutableArray<string> Obstacles(V1PodSpec pod, ImmutableDictionary<string, decimal> requests, NodeFacts facts)
    {
        if (Taints.FirstUntolerated(pod, facts.Node) is { } taint)
            return taint.Key == "node.kubernetes.io/unschedulable" ? ["node(s) were unschedulable"] : [$"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}"];
        if (!NodeAffinity.Matches(pod, facts.Node)) return ["node(s) didn't match Pod's node affinity/selector"];
        var allocatable = PodResources.AllocatableOf(facts.Node);
        return
        [
            .. requests
                .Where(request => request.Value > 0 && request.Value > allocatable.GetValueOrDefault(request.Key) - facts.Taken.GetValueOrDefault(request.Key))
                .Select(request => request.Key == PodResources.Pods ? "Too many pods" : $"Insufficient {request.Key}")
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The larger of the shares of cpu and memory that would be taken.</summary>
    private static decimal Share(ImmutableDictionary<string, decimal> requests, NodeFacts facts)
    {
        var allocatable = PodResources.AllocatableOf(facts.Node);
        return Math.Max(Of("cpu"), Of("memory"));

        decimal Of(string resource) =>
            allocatable.GetValueOrDefault(resource) is var all && all > 0 ? (facts.Taken.GetValueOrDefault(resource) + requests.GetValueOrDefault(resource)) / all : 0;
    }

    /// <summary>A hard constraint that this scheduler cannot honour yet; ignoring it would place the pod wrongly.</summary>
    private static string? Unserved(V1PodSpec pod) => pod switch
    {
        { Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution.Count: > 0 } => "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        { Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution.Count: > 0 } => "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        { TopologySpreadConstraints: { } spread } when spread.Any(constraint => constraint.WhenUnsatisfiable == "DoNotSchedule") => "spec.topologySpreadConstraints with whenUnsatisfiable DoNotSchedule",
        { ResourceClaims.Count: > 0 } => "spec.resourceClaims",
        { Volumes: { } volumes } when volumes.Any(volume => volume.PersistentVolumeClaim is not null) => "a persistentVolumeClaim volume",
        _ => null,
    };
}
