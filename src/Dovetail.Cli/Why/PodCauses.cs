using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>Why a pod is not running and ready.</summary>
internal static class PodCauses
{
    public static Cause Explain(V1Pod pod, WhyFacts f)
    {
        var about = f.About("Pod", pod.Metadata.Name);
        if (pod.Metadata.DeletionTimestamp is { } until) return Ending(about, pod, until, f);
        if (pod.Status?.Phase == "Succeeded") return Cause.AsAsked(about, "Succeeded", "has ended in order.");
        if (pod.Status?.Phase == "Failed") return Failed(about, pod, f);
        if (string.IsNullOrEmpty(pod.Spec?.NodeName)) return Unplaced(about, pod, f);
        var node = f.Nodes.FirstOrDefault(n => n.Metadata.Name == pod.Spec.NodeName);
        if (node is null && f.Nodes.Length > 0) return Cause.Blocked(about, "NodeNotFound", $"is bound to the node {pod.Spec.NodeName}, which does not exist any more.", $"kubectl -n {f.Namespace} delete pod {pod.Metadata.Name} --force");
        var troubles = ContainerCauses.All(pod, f).ToList();
        if (node is not null && NodeDown(node) is { } down) troubles.Insert(0, down with { Because = [.. NodeCauses.Problems(node, f).Where(c => c.Standing == Standing.Blocked)] });
        var missing = ReferenceCauses.Missing(f);
        if (troubles.Exists(cause => cause.Standing == Standing.Blocked) || (!missing.IsEmpty && pod.Status?.Phase == "Pending"))
            return Cause.Blocked(about, "ContainersNotReady", $"is on the node {pod.Spec.NodeName} and does not come up.", null, [.. troubles, .. missing]);
        if (troubles.Count > 0) return Cause.Waits(about, "ContainersNotReady", $"is on the node {pod.Spec.NodeName} and comes up.", null, troubles);
        if (Gate(about, pod) is { } gate) return gate;
        if (pod.Status?.Phase == "Running") return Cause.AsAsked(about, "Running", $"runs on the node {pod.Spec.NodeName}.", null, Restarted(about, pod));
        return Cause.Waits(about, "NotStarted", $"is bound to the node {pod.Spec.NodeName}, whose agent has not taken it up yet.", "if it stays so: dovetail why node " + pod.Spec.NodeName);
    }

    private static Cause Ending(string about, V1Pod pod, DateTime until, WhyFacts f)
    {
        var left = until - f.ServerNow;
        var held = DeletionCauses.Held("Pod", "pod", pod.Metadata, f).ToList();
        if (left > TimeSpan.Zero) return Cause.Waits(about, "Terminating", $"is being ended, and has {WhyFacts.Span(left)} more to do so in order.", null, held);
        if (held.Count > 0) return Cause.Blocked(about, "Terminating", $"should have been gone {WhyFacts.Span(-left)} ago.", null, held);
        var node = f.Nodes.FirstOrDefault(n => n.Metadata.Name == pod.Spec?.NodeName);
        var why = node is null ? [] : NodeCauses.Problems(node, f).Where(c => c.Standing == Standing.Blocked).ToList();
        return Cause.Blocked(
            about,
            "Terminating",
            $"should have been gone {WhyFacts.Span(-left)} ago; the agent of the node {pod.Spec?.NodeName} has not said that it is.",
            $"see to the node (dovetail why node {pod.Spec?.NodeName}); only if the machine is surely off: kubectl -n {f.Namespace} delete pod {pod.Metadata.Name} --force --grace-period=0",
            why);
    }

    private static Cause Failed(string about, V1Pod pod, WhyFacts f)
    {
        if (pod.Status?.Reason == "Evicted") return Cause.Blocked(about, "Evicted", $"was evicted from the node {pod.Spec?.NodeName}. {WhyFacts.Sentence(pod.Status.Message)}", "free what the node lacks, or ask for what the pod needs in resources.requests; its owner makes a new one");
        if (pod.Status?.Reason is "NodeLost" or "Shutdown" or "NodeShutdown" or "Terminated") return Cause.Blocked(about, pod.Status.Reason, $"ended with its node. {WhyFacts.Sentence(pod.Status.Message)}", "its owner makes a new one when a node is ready");
        var ended = ContainerCauses.All(pod, f).ToList();
        return Cause.Blocked(about, pod.Status?.Reason is { Length: > 0 } reason ? reason : "Failed", $"has failed. {WhyFacts.Sentence(pod.Status?.Message)}".TrimEnd(), ended.Count == 0 ? $"kubectl -n {f.Namespace} logs {pod.Metadata.Name} --all-containers" : null, ended);
    }

    private static Cause Unplaced(string about, V1Pod pod, WhyFacts f)
    {
        if (pod.Spec?.SchedulingGates is { Count: > 0 } gates)
            return Cause.Blocked(about, "SchedulingGated", $"is not placed while the scheduling gate {gates[0].Name} stands.", "whoever set the gate has to take it off");
        var refusals = f.Nodes.SelectMany(node => NodeCauses.Refusals(pod, node, f)).ToList();
        var volumes = VolumeCauses.All(f).Where(c => c.Worst == Standing.Blocked);
        if (pod.Status?.Conditions?.FirstOrDefault(c => c.Type == "PodScheduled") is { Status: "False" } said)
        {
            var message = WhyFacts.Sentence(said.Message);
            if (f.Nodes.IsEmpty && !f.Unreadable.Contains("nodes"))
                return Cause.Blocked(about, "NoNodes", "there is no node to run it on.", "start the node agent: dovetail up (without --no-node, as root); on a cluster: add a node");
            return Cause.Blocked(about, said.Reason ?? "Unschedulable", $"no node fits. {message}", Advice(message, refusals.Count), [.. refusals, .. volumes]);
        }

        var scheduler = pod.Spec?.SchedulerName is { Length: > 0 } name ? name : "default-scheduler";
        return scheduler == "default-scheduler"
            ? Cause.Waits(about, "NotScheduled", "no node has been chosen yet.", "if it stays so, the scheduler does not run: dovetail status, or kubectl -n kube-system get pods", refusals)
            : Cause.Blocked(about, "SchedulerNotFound", $"waits for the scheduler {scheduler}, which has not looked at it.", "see that a scheduler of this name runs, or leave schedulerName out");
    }

    /// <summary>What helps against what the scheduler counts, where no node's own cause says it.</summary>
    private static string? Advice(string message, int told)
    {
        if (message.Contains("Insufficient memory", StringComparison.Ordinal)) return "stop another virtual machine, or ask for less memory; it is placed by itself as soon as a node has room";
        if (message.Contains("Insufficient cpu", StringComparison.Ordinal)) return "stop another virtual machine, or ask for less CPU; it is placed by itself as soon as a node has room";
        if (message.Contains("Insufficient devices.kubevirt.io/kvm", StringComparison.Ordinal)) return "no node offers a usable /dev/kvm: switch on virtualization in the machine's firmware, or allow emulation";
        if (message.Contains("Insufficient", StringComparison.Ordinal)) return "stop what uses it, or ask for less (kubectl describe nodes shows what is taken)";
        if (message.Contains("Too many pods", StringComparison.Ordinal)) return "the node is full: stop other pods, or add a node";
        if (message.Contains("free ports", StringComparison.Ordinal)) return "another pod has the host port: stop it, or choose another port";
        if (message.Contains("didn't match Pod's node affinity/selector", StringComparison.Ordinal)) return told > 0 ? null : "no node has the labels that nodeSelector or nodeAffinity asks for: kubectl get nodes --show-labels";
        if (message.Contains("untolerated taint", StringComparison.Ordinal)) return told > 0 ? null : "add a toleration, or take the taint off: kubectl describe nodes";
        if (message.Contains("not served", StringComparison.Ordinal)) return "leave the field out; docs/support.md lists what the scheduler serves";
        return told > 0 ? null : "kubectl describe nodes shows what there is and what is taken";
    }

    private static Cause? NodeDown(V1Node node)
    {
        var ready = node.Status?.Conditions?.FirstOrDefault(c => c.Type == "Ready");
        return ready?.Status == "True" ? null : Cause.Blocked(WhyFacts.Describe("Node", "", node.Metadata.Name), "NodeNotReady", "is not ready, so nothing is known of its pods since.");
    }

    private static Cause? Gate(string about, V1Pod pod)
    {
        if (pod.Status?.Phase != "Running" || pod.Status.Conditions?.FirstOrDefault(c => c.Type == "Ready")?.Status != "False") return null;
        foreach (var gate in pod.Spec?.ReadinessGates ?? [])
        {
            var condition = pod.Status.Conditions.FirstOrDefault(c => c.Type == gate.ConditionType);
            if (condition?.Status == "True") continue;
            return Cause.Waits(about, "ReadinessGatesNotReady", $"runs, and is not ready while {gate.ConditionType} is not True. {WhyFacts.Sentence(condition?.Message)}".TrimEnd());
        }

        return null;
    }

    private static IEnumerable<Cause> Restarted(string about, V1Pod pod) =>
        from c in pod.Status?.ContainerStatuses ?? []
        where c.RestartCount > 0 && c.LastState?.Terminated is not null
        select Cause.Note($"{about} container {c.Name}", "Restarted", $"runs again; it was restarted {c.RestartCount} times, and the last time it {ContainerCauses.Ending(c.LastState.Terminated)}", ContainerCauses.EndingStep(c.LastState.Terminated, c.Name, pod));
}
