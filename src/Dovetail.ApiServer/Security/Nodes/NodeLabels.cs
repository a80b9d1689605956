using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Security.Nodes;

/// <summary>Which labels a node may give itself: any outside kubernetes.io and k8s.io, and of those the ones that describe it. Workloads are kept to or away from nodes by the others.</summary>
internal static class NodeLabels
{
    private static readonly FrozenSet<string> Allowed = new[]
    {
        "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
    }.ToFrozenSet();

    /// <summary>Of the labels that are not as they were, those that are not the node's to set; in order.</summary>
    public static IEnumerable<string> Forbidden(JsonObject? now, JsonObject? before) =>
        (now ?? []).Concat(before ?? []).Select(l => l.Key).Distinct()
            .Where(l => !JsonNode.DeepEquals(now?[l], before?[l]) && !MayBeSet(l))
            .Order(StringComparer.Ordinal);

    private static bool MayBeSet(string label)
    {
        var slash = label.IndexOf('/', StringComparison.Ordinal);
        var domain = slash < 0 ? "" : label[..slash];
        if (In(domain, "node-restriction.kubernetes.io")) return false;
        return !(In(domain, "kubernetes.io") || In(domain, "k8s.io")) || Allowed.Contains(label) || In(domain, "kubelet.kubernetes.io") || In(domain, "node.kubernetes.io");
    }

    private static bool In(string domain, string suffix) => domain == suffix || domain.EndsWith($".{suffix}", StringComparison.Ordinal);
}
