using k8s.Models;

namespace Dovetail.Workloads.Scheduling;

/// <summary>Taints that keep pods away from a node: those in its spec, and those that its condition and <c>unschedulable</c> stand for.</summary>
internal static class Taints
{
    private const string NoSchedule = "NoSchedule";

    /// <summary>The first taint that keeps the pod away, or null.</summary>
    public static V1Taint? FirstUntolerated(V1PodSpec spec, V1Node node) =>
        Of(node).FirstOrDefault(taint => !(spec.Tolerations ?? []).Any(toleration => Tolerates(toleration, taint)));

    private static IEnumerable<V1Taint> Of(V1Node node)
    {
        foreach (var taint in node.Spec?.Taints ?? [])
            if (taint.Effect is NoSchedule or "NoExecute")
                yield return taint;
        var ready = node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready")?.Status;
        if (ready == "Unknown") yield return new V1Taint { Key = "node.kubernetes.io/unreachable", Effect = NoSchedule };
        else if (ready != "True") yield return new V1Taint { Key = "node.kubernetes.io/not-ready", Effect = NoSchedule };
        if (node.Spec?.Unschedulable == true) yield return new V1Taint { Key = "node.kubernetes.io/unschedulable", Effect = NoSchedule };
    }

    private static bool Tolerates(V1Toleration toleration, V1Taint taint)
    {
        if (!string.IsNullOrEmpty(toleration.Effect) && toleration.Effect != taint.Effect) return false;
        if (!string.IsNullOrEmpty(toleration.Key) && toleration.Key != taint.Key) return false;
        // An empty key with Exists tolerates everything.
        if (toleration.OperatorProperty == "Exists") return true;
        return !string.IsNullOrEmpty(toleration.Key) && (toleration.Value ?? "") == (taint.Value ?? "");
    }
}
