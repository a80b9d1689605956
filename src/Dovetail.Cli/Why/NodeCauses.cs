using System.Globalization;
using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.Nodes;
using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>What is wrong with a node, and why a pod does not go there.</summary>
internal static class NodeCauses
{
    private const string Kvm = "devices.kubevirt.io/kvm";

    public static Cause Explain(V1Node node, WhyFacts f)
    {
        var found = Problems(node, f).ToList();
        var about = WhyFacts.Describe("Node", "", node.Metadata.Name);
        if (found.Exists(cause => cause.Standing == Standing.Blocked)) return Cause.Blocked(about, "NotUsable", "takes no new pods or virtual machines, or is in trouble.", null, found);
        return Cause.AsAsked(about, "Ready", found.Count == 0 ? "is ready and takes virtual machines." : "is ready.", null, found);
    }

    /// <summary>One cause each: conditions, cordon, taints, virt-handler, KVM.</summary>
    public static IEnumerable<Cause> Problems(V1Node node, WhyFacts f)
    {
        var about = WhyFacts.Describe("Node", "", node.Metadata.Name);
        if (node.Metadata.DeletionTimestamp is not null) yield return Cause.Blocked(about, "Terminating", "is being deleted.", null, DeletionCauses.Held("Node", "node", node.Metadata, f));
        foreach (var condition in node.Status?.Conditions ?? [])
            if (Condition(about, condition) is { } cause)
                yield return cause;
        if (node.Spec?.Unschedulable == true) yield return Cause.Blocked(about, "Cordoned", "is cordoned: it takes no new pods.", $"kubectl uncordon {node.Metadata.Name}");
        foreach (var taint in (node.Spec?.Taints ?? []).Where(taint => taint.Effect is "NoSchedule" or "NoExecute" && !IsStandard(taint)))
            yield return Cause.Blocked(
                about,
                "Tainted",
                $"has the taint {Text(taint)}: only pods that tolerate it go there.",
                $"kubectl taint nodes {node.Metadata.Name} {taint.Key}:{taint.Effect}-, or add a toleration to the virtual machine");
        if (Handler(about, node, f) is { } handler) yield return handler;
        if (node.Status?.Allocatable is { } offered && offered.TryGetValue(Kvm, out var count) && count.ToDecimal() == 0)
            yield return Cause.Note(about, "NoKvm", "offers no usable /dev/kvm: guests are emulated there, which is slow.", "switch on virtualization in the machine's firmware (VT-x, AMD-V; nested virtualization in a cloud), then restart the node agent");
    }

    /// <summary>Why one pod cannot go to this node; empty when nothing is seen.</summary>
    public static IEnumerable<Cause> Refusals(V1Pod pod, V1Node node, WhyFacts f)
    {
        var about = WhyFacts.Describe("Node", "", node.Metadata.Name);
        foreach (var problem in Problems(node, f).Where(cause => cause.Standing == Standing.Blocked))
            if (problem.Reason != "Tainted" || !Tolerates(pod, node))
                yield return problem;
        foreach (var (key, value) in pod.Spec?.NodeSelector ?? new Dictionary<string, string>())
        {
            // virt-handler's word, which has a cause of its own.
            if (key == KubeVirtLabels.Schedulable) continue;
            var label = node.Metadata.Labels?.TryGetValue(key, out var own) == true ? own : null;
            if (label != value)
                yield return Cause.Blocked(about, "NodeSelector", $"has not the label {key}={value} that the node selector asks for{(label is null ? "" : $" (it has {key}={label})")}.", IsItsNature(key) ? "the virtual machine needs another kind of machine: add such a node, or change what it asks for" : $"kubectl label node {node.Metadata.Name} {key}={value} --overwrite, or change the node selector");
        }

        foreach (var (name, needed) in Requests(pod))
        {
            var offered = node.Status?.Allocatable?.TryGetValue(name, out var amount) == true ? amount.ToDecimal() : 0;
            if (needed <= offered) continue;
            yield return name == Kvm
                ? Cause.Blocked(about, "NoKvm", "offers no usable /dev/kvm, which the virtual machine asks for.", "switch on virtualization in the machine's firmware, or allow emulation")
                : Cause.Blocked(about, "TooSmall", $"has {Amount(name, offered)} of {name} in all, and the pod asks for {Amount(name, needed)}.", "ask for less, or add a larger node");
        }
    }

    public static string Text(V1Taint taint) => string.IsNullOrEmpty(taint.Value) ? $"{taint.Key}:{taint.Effect}" : $"{taint.Key}={taint.Value}:{taint.Effect}";

    private static Cause? Condition(string about, V1NodeCondition condition) => (condition.Type, condition.Status) switch
    {
        ("Ready", "True") => null,
        ("Ready", "Unknown") => Cause.Blocked(about, "NodeUnknown", $"has not been heard of since {condition.LastHeartbeatTime:u}: it is off, unreachable, or its agent has stopped.", "look whether the machine and its node agent run (dovetail status; on a cluster: systemctl status kubelet)"),
        ("Ready", _) => Cause.Blocked(about, condition.Reason ?? "NodeNotReady", $"is not ready. {WhyFacts.Sentence(condition.Message)}", condition.Reason == "NodeStopping" ? "dovetail up starts it again" : "mend what the message says; the node becomes ready by itself"),
        ("MemoryPressure", "True") => Cause.Blocked(about, "MemoryPressure", $"is short of memory. {WhyFacts.Sentence(condition.Message)}", "stop virtual machines or pods on it"),
        ("DiskPressure", "True") => Cause.Blocked(about, "DiskPressure", $"is short of disk. {WhyFacts.Sentence(condition.Message)}", "free space on the disk that holds the platform's data folder"),
        ("PIDPressure", "True") => Cause.Blocked(about, "PIDPressure", $"is short of process ids. {WhyFacts.Sentence(condition.Message)}", "stop what starts so many processes, or raise kernel.pid_max"),
        ("NetworkUnavailable", "True") => Cause.Blocked(about, "NetworkUnavailable", $"has no pod network. {WhyFacts.Sentence(condition.Message)}", "see that the network plug-in runs on it"),
        var (type, status) when type.StartsWith("node.dovetail.dev/", StringComparison.Ordinal) && status != "True" =>
            Cause.Blocked(about, condition.Reason ?? "PartNotHealthy", $"its {type["node.dovetail.dev/".Length..]} is not healthy. {WhyFacts.Sentence(condition.Message)}", "it is started again by itself; dovetail status shows its log"),
        _ => null,
    };

    private static Cause? Handler(string about, V1Node node, WhyFacts f)
    {
        var schedulable = node.Metadata.Labels?.TryGetValue(KubeVirtLabels.Schedulable, out var label) == true ? label : null;
        if (schedulable is null)
            return Cause.Blocked(about, "NoVirtHandler", "has no virt-handler that takes virtual machines (it lacks the label kubevirt.io/schedulable).", "see that virt-handler runs on it: kubectl get pods,daemonsets -A -l kubevirt.io=virt-handler; on a platform of one machine: dovetail status");
        var beat = node.Metadata.Annotations?.TryGetValue(KubeVirtAnnotations.Heartbeat, out var text) == true
            && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) ? time : (DateTime?)null;
        if (beat is { } last && f.ServerNow - last >= NodePlanner.Timeout)
            return Cause.Blocked(about, "HeartbeatStale", $"its virt-handler has not been heard of for {WhyFacts.Span(f.ServerNow - last)}: nothing happens to its guests, and no new ones go there.", "start virt-handler again (dovetail up; on a cluster: restart its pod), and see that the clocks agree");
        if (beat is { } ahead && ahead - f.ServerNow > NodePlanner.Timeout)
            return Cause.Blocked(about, "ClockSkew", $"its clock is {WhyFacts.Span(ahead - f.ServerNow)} ahead of the API server's.", "set the node's clock by NTP (timedatectl set-ntp true)");
        return schedulable == "true" ? null : Cause.Blocked(about, "VirtHandlerNotReady", "its virt-handler takes no virtual machines now (kubevirt.io/schedulable=false): it is stopping, starting, or has just come back.", "it says so itself within a minute; if not, restart virt-handler");
    }

    private static bool Tolerates(V1Pod pod, V1Node node) => (node.Spec?.Taints ?? [])
        .Where(taint => taint.Effect is "NoSchedule" or "NoExecute" && !IsStandard(taint))
        .All(taint => (pod.Spec?.Tolerations ?? []).Any(t =>
            (string.IsNullOrEmpty(t.Effect) || t.Effect == taint.Effect)
            && (string.IsNullOrEmpty(t.Key) || t.Key == taint.Key)
            && (t.OperatorProperty == "Exists" || (t.Value ?? "") == (taint.Value ?? ""))));

    /// <summary>What a node's agent finds out about its machine (architecture, system, CPU): nothing to be set by hand.</summary>
    private static bool IsItsNature(string key) => key.StartsWith("kubernetes.io/", StringComparison.Ordinal) || key.Contains(".node.kubevirt.io/", StringComparison.Ordinal);

    /// <summary>Set by the node's own conditions, which are told by themselves.</summary>
    private static bool IsStandard(V1Taint taint) => taint.Key?.StartsWith("node.kubernetes.io/", StringComparison.Ordinal) == true;

    private static IEnumerable<(string Name, decimal Needed)> Requests(V1Pod pod) =>
        (pod.Spec?.Containers ?? []).SelectMany(c => c.Resources?.Requests ?? new Dictionary<string, ResourceQuantity>()).GroupBy(r => r.Key).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Sum(r => r.Value.ToDecimal())));

    private static string Amount(string name, decimal amount) => name is "memory" or "ephemeral-storage"
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(amount / (1024 * 1024))} MiB")
        : string.Create(CultureInfo.InvariantCulture, $"{amount:0.###}");
}
