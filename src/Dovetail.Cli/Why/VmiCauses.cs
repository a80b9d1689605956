using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController;

namespace Dovetail.Cli.Why;

/// <summary>Why a guest does not run, or not as asked.</summary>
internal static class VmiCauses
{
    private const long DefaultGrace = 30;

    /// <summary>Longer than any healthy virt-handler takes to answer a hand-over.</summary>
    private static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(60);

    public static Cause Explain(VirtualMachineInstance vmi, WhyFacts f)
    {
        var about = f.About("VirtualMachineInstance", vmi.Metadata.Name);
        var phase = vmi.Status?.Phase ?? "";
        if (vmi.Metadata.DeletionTimestamp is { } until) return Stopping(about, vmi, until, f);
        return phase switch
        {
            VmiPhases.Running => Running(about, vmi, f),
            VmiPhases.Succeeded => Cause.AsAsked(about, "Succeeded", "has shut down in order."),
            VmiPhases.Failed => Failed(about, vmi, f),
            VmiPhases.Scheduled => Scheduled(about, vmi, f),
            VmiPhases.Scheduling => Scheduling(about, vmi, f),
            VmiPhases.Unset or VmiPhases.Pending => Pending(about, vmi, f),
            VmiPhases.WaitingForSync => Cause.Waits(about, phase, "waits for the guest that is to be moved here from another cluster."),
            _ => Cause.Blocked(about, "Unknown", "its state is not known: its node does not answer.", null, Node(vmi, f)),
        };
    }

    private static Cause Pending(string about, VirtualMachineInstance vmi, WhyFacts f)
    {
        var engine = EngineCauses.Part(f, "virt-controller");
        var volumes = VolumeCauses.All(f).Concat(ReferenceCauses.Missing(f)).ToList();
        if (vmi.Status?.Conditions.Get(ConditionTypes.Synchronized) is { Status: ConditionStatuses.False } refused) return Refused(about, refused, [.. volumes, .. engine is null ? [] : new[] { engine }], f);
        if (f.Vmi is not null && f.Warnings("VirtualMachineInstance", vmi.Metadata.Name).FirstOrDefault(e => e.Reason == "FailedCreate") is { } warned)
            return CreationCauses.Refused(about, "its launcher pod", WhyFacts.Sentence(warned.Message), f);
        if (volumes.Count > 0) return new(about, volumes.Max(c => c.Worst), "VolumesNotReady", "has no launcher pod yet: something that it needs is not there.", null, [.. volumes]);
        return engine is not null
            ? Cause.Blocked(about, "NotHandled", "has no launcher pod yet, and nobody makes one.", null, [engine])
            : Cause.Waits(about, "Pending", "its launcher pod is about to be made.", "if it stays so, virt-controller does not run: dovetail status");
    }

    private static Cause Refused(string about, VirtualMachineInstanceCondition refused, IReadOnlyList<Cause> because, WhyFacts f) => refused.Reason switch
    {
        "FailedCreate" => CreationCauses.Refused(about, "its launcher pod", WhyFacts.Sentence(refused.Message), f),
        "NoNodeReady" => Cause.Blocked(
            about,
            "NoNodeReady",
            "has no launcher pod yet, because no node takes virtual machines, and it is not known whether its guest can use KVM.",
            f.Nodes.IsEmpty ? "there is no node: dovetail up without --no-node, as root; on a cluster: see that virt-handler runs" : null,
            f.Nodes.SelectMany(node => NodeCauses.Problems(node, f)).Where(c => c.Standing == Standing.Blocked).Concat(because)),
        "FailedPvcNotFound" => Cause.Blocked(about, "FailedPvcNotFound", $"a claim that it needs does not exist. {WhyFacts.Sentence(refused.Message)}", because.Count > 0 ? null : $"kubectl -n {f.Namespace} get pvc lists those that there are", because),
        _ => Cause.Blocked(about, refused.Reason ?? "NotSynchronized", WhyFacts.Sentence(refused.Message), because.Count > 0 ? null : $"kubectl -n {f.Namespace} describe vmi {f.Name}", because),
    };

    private static Cause Scheduling(string about, VirtualMachineInstance vmi, WhyFacts f)
    {
        if (f.Pod is null) return Cause.Waits(about, "PodNotExists", "its launcher pod is gone or about to be made.", null, Engine(f, "virt-controller"));
        var pod = PodCauses.Explain(f.Pod, f);
        return new(about, pod.Worst == Standing.Blocked ? Standing.Blocked : Standing.Waits, "Scheduling", "waits for its launcher pod.", null, [pod, .. ReferenceCauses.Missing(f).Where(m => !pod.All().Contains(m))]);
    }

    private static Cause Scheduled(string about, VirtualMachineInstance vmi, WhyFacts f)
    {
        var since = vmi.Status?.PhaseTransitionTimestamps?.LastOrDefault(t => t.Phase == VmiPhases.Scheduled)?.PhaseTransitionTimestamp;
        var waited = since is { } at ? f.ServerNow - at : TimeSpan.Zero;
        var missing = ReferenceCauses.Missing(f);
        if (vmi.Status?.Conditions.Get(ConditionTypes.Synchronized) is { Status: ConditionStatuses.False } problem)
            return Cause.Blocked(about, "SyncFailed", $"its guest could not be started. {WhyFacts.Sentence(problem.Message)}", missing.IsEmpty ? SyncStep(problem.Message) : null, missing);
        var handlers = Engine(f, "virt-handler").Concat(Node(vmi, f)).ToList();
        if (handlers.Count > 0) return Cause.Blocked(about, "Scheduled", $"was handed to virt-handler on the node {vmi.Status?.NodeName}, which does not take it up.", null, handlers);
        return waited > SlowStart
            ? Cause.Blocked(about, "Scheduled", $"was handed to virt-handler on the node {vmi.Status?.NodeName} {WhyFacts.Span(waited)} ago, and its guest does not run yet.", $"kubectl -n {f.Namespace} logs {f.Pod?.Metadata.Name ?? "POD"} -c compute says what the launcher waits for")
            : Cause.Waits(about, "Scheduled", $"its guest is being started on the node {vmi.Status?.NodeName}.");
    }

    private static Cause Running(string about, VirtualMachineInstance vmi, WhyFacts f)
    {
        var conditions = vmi.Status?.Conditions;
        var notes = new List<Cause>();
        if (vmi.Status?.MigrationState is { StartTimestamp: { } started, EndTimestamp: null } moving)
            notes.Add(Cause.Waits(about, "Migrating", $"is moving from the node {moving.SourceNode} to {moving.TargetNode} since {WhyFacts.Span(f.ServerNow - started)}; it runs meanwhile.", $"virtctl migrate-cancel -n {f.Namespace} {f.Name} calls it off"));
        notes.AddRange(Node(vmi, f));
        notes.AddRange(Engine(f, "virt-handler"));
        if (conditions.Get(ConditionTypes.Synchronized) is { Status: ConditionStatuses.False } problem)
            notes.Add(Cause.Blocked(about, "SyncFailed", $"what is asked of it could not be done. {WhyFacts.Sentence(problem.Message)}", SyncStep(problem.Message)));
        if (conditions.Get(ConditionTypes.Paused) is { Status: ConditionStatuses.True } paused) return Paused(about, paused, notes, f);
        if (conditions.Get(ConditionTypes.Ready) is { Status: ConditionStatuses.False } unready && !notes.Exists(n => n.Standing == Standing.Blocked)) notes.Add(Unready(about, vmi, unready, f));
        if (conditions.Get("AccessCredentialsSynchronized") is { Status: ConditionStatuses.False } keys)
            notes.Add(Cause.Blocked(about, "AccessCredentials", $"keys or passwords could not be put into the guest. {WhyFacts.Sentence(keys.Message)}", "see that qemu-guest-agent runs in the guest"));
        if (!conditions.IsTrue(ConditionTypes.AgentConnected))
            notes.Add(Cause.Note(about, "AgentNotConnected", "no guest agent is connected: addresses inside the guest, its users and file systems are not known, and freezing is not possible.", "install and start qemu-guest-agent in the guest"));
        if (conditions.IsTrue(ConditionTypes.SoftwareEmulation)) notes.Add(Cause.Note(about, "SoftwareEmulation", "its CPU is emulated, which is slow: KVM does not work on its node.", "switch on virtualization in the machine's firmware"));
        return Cause.AsAsked(about, "Running", $"runs on the node {vmi.Status?.NodeName}.", null, notes);
    }

    private static Cause Paused(string about, VirtualMachineInstanceCondition paused, List<Cause> notes, WhyFacts f) => paused.Reason switch
    {
        "PausedIOError" => Cause.Blocked(about, "PausedIOError", "is paused, because a write to its disk failed: most likely the node's disk is full.", "free space on the disk that holds the platform's data folder; the guest goes on by itself within 15 s", notes),
        "PausedByMigrationMonitor" => Cause.Waits(about, "PausedByMigrationMonitor", "is paused for the last part of its move to another node.", null, notes),
        _ => Cause.AsAsked(about, "PausedByUser", "is paused, as somebody asked.", $"virtctl unpause vmi -n {f.Namespace} {f.Name} lets it go on", notes),
    };

    private static Cause Unready(string about, VirtualMachineInstance vmi, VirtualMachineInstanceCondition unready, WhyFacts f)
    {
        var probe = vmi.Spec?.ReadinessProbe;
        var failing = f.Pod is { } pod ? f.Warnings("Pod", pod.Metadata.Name).FirstOrDefault(e => e.Reason == "Unhealthy") : null;
        if (failing is not null || probe is not null)
            return Cause.Blocked(
                about,
                "ReadinessProbe",
                $"runs, but its readiness probe fails, so Services do not send it anything. {WhyFacts.Sentence(failing?.Message)}".TrimEnd(),
                probe?.GuestAgentPing is not null ? "start qemu-guest-agent in the guest" : "see that the program in the guest answers what spec.readinessProbe asks");
        return Cause.Blocked(about, unready.Reason ?? "NotReady", $"runs, but is not ready. {WhyFacts.Sentence(unready.Message)}", null, f.Pod is null ? null : [PodCauses.Explain(f.Pod, f)]);
    }

    private static Cause Stopping(string about, VirtualMachineInstance vmi, DateTime since, WhyFacts f)
    {
        var final = VmiPhases.IsFinal(vmi.Status?.Phase);
        var held = DeletionCauses.Held("VirtualMachineInstance", "vmi", vmi.Metadata, f).Where(c => final || c.Reason == "UnknownFinalizer" || c.Worst == Standing.Blocked).ToList();
        if (final) return new(about, held.Exists(c => c.Worst == Standing.Blocked) ? Standing.Blocked : Standing.Waits, "Terminating", "its guest has ended, and the object is about to go.", null, [.. held, .. f.Pod is null ? [] : new[] { PodCauses.Explain(f.Pod, f) }]);
        var grace = TimeSpan.FromSeconds(vmi.Spec?.TerminationGracePeriodSeconds ?? DefaultGrace);
        var left = since + grace - f.ServerNow;
        var trouble = Node(vmi, f).Concat(Engine(f, "virt-handler")).Concat(held).ToList();
        if (trouble.Count > 0) return Cause.Blocked(about, "Stopping", "is to stop, and nobody carries it out.", null, trouble);
        var force = $"virtctl stop -n {f.Namespace} {f.Name} --force --grace-period 0 switches it off at once";
        return left > TimeSpan.Zero
            ? Cause.Waits(about, "Stopping", $"its guest was asked to shut down (ACPI) and has {WhyFacts.Span(left)} left; a guest that ignores it is switched off then.", force)
            : Cause.Blocked(about, "Stopping", $"its guest should have been switched off {WhyFacts.Span(-left)} ago, when its {WhyFacts.Span(grace)} of grace ended.", force, f.Pod is null ? null : [PodCauses.Explain(f.Pod, f)]);
    }

    private static Cause Failed(string about, VirtualMachineInstance vmi, WhyFacts f)
    {
        var warning = f.Warnings("VirtualMachineInstance", vmi.Metadata.Name).FirstOrDefault(e => e.Reason is "SyncFailed" or "Stopped" or "NodeUnresponsive" or "FailedCreate");
        var said = vmi.Status?.Conditions.Get(ConditionTypes.Synchronized)?.Message ?? warning?.Message;
        var pod = f.Pod is { Status.Phase: "Failed" } ? new[] { PodCauses.Explain(f.Pod, f) } : [];
        return GuestEndings.Explain(about, vmi.Status?.Reason ?? "", WhyFacts.Sentence(said), [.. pod, .. ReferenceCauses.Missing(f)], f);
    }

    private static string SyncStep(string? message) => message switch
    {
        not null when message.Contains("NetworkFailed", StringComparison.Ordinal) => "it is tried again by itself every second; mend what the message names on the node",
        not null when message.Contains("libvirt", StringComparison.OrdinalIgnoreCase) => "libvirtd in the launcher's sandbox is started again by itself; if this stays, restart the virtual machine",
        _ => "mend what the message names; it is tried again by itself",
    };

    private static IEnumerable<Cause> Engine(WhyFacts f, string part) => EngineCauses.Part(f, part) is { } cause ? [cause] : [];

    /// <summary>What is wrong with the guest's node, as far as it concerns a guest that is there already.</summary>
    private static IEnumerable<Cause> Node(VirtualMachineInstance vmi, WhyFacts f)
    {
        if (vmi.Status?.NodeName is not { Length: > 0 } name || f.Nodes.IsEmpty) return [];
        if (f.Nodes.FirstOrDefault(n => n.Metadata.Name == name) is not { } node) return [Cause.Blocked($"Node {name}", "NodeNotFound", "does not exist any more, and the guest ran there.", $"kubectl -n {f.Namespace} delete vmi {f.Name}")];
        return NodeCauses.Problems(node, f).Where(c => c.Reason is not ("Cordoned" or "Tainted" or "VirtHandlerNotReady") && c.Standing == Standing.Blocked);
    }
}
