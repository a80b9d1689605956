using System.Collections.Immutable;
using k8s.Models;

namespace Dovetail.Workloads.NodeLifecycle;

/// <summary>Taints with effect NoSchedule that follow from a node's conditions and from <c>spec.unschedulable</c> (upstream: <c>doNoScheduleTaintingPass</c>). Everybody's other taints stay.</summary>
public static class NodeTaints
{
    private const string NoSchedule = "NoSchedule";
    private const string NotReady = "node.kubernetes.io/not-ready";
    private const string Unreachable = "node.kubernetes.io/unreachable";
    private const string Unschedulable = "node.kubernetes.io/unschedulable";

    private static readonly ImmutableArray<(string Condition, string Status, string Key)> ByCondition =
    [
        ("Ready", "False", NotReady),
        ("Ready", "Unknown", Unreachable),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ];

    /// <summary>The taints as they should be, or null when they are.</summary>
    public static ImmutableArray<V1Taint>? Decide(V1Node node, DateTime now)
    {
        ImmutableArray<V1Taint> present = [.. node.Spec?.Taints ?? []];
        var wanted = ByCondition.Where(rule => node.Status?.Conditions?.Any(condition => condition.Type == rule.Condition && condition.Status == rule.Status) == true).Select(rule => rule.Key).ToHashSet(StringComparer.Ordinal);
        if (node.Spec?.Unschedulable == true) wanted.Add(Unschedulable);
        var kept = present.RemoveAll(taint => IsOurs(taint) && !wanted.Contains(taint.Key));
        wanted.ExceptWith(kept.Where(IsOurs).Select(taint => taint.Key));
        if (kept.Length == present.Length && wanted.Count == 0) return null;
        return [.. kept, .. wanted.Order(StringComparer.Ordinal).Select(key => new V1Taint { Key = key, Effect = NoSchedule, TimeAdded = now })];
    }

    private static bool IsOurs(V1Taint taint) => taint.Effect == NoSchedule && (taint.Key == Unschedulable || ByCondition.Any(rule => rule.Key == taint.Key));
}
