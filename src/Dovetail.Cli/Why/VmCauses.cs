using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController;
using Dovetail.Virt.VirtController.VirtualMachines;

namespace Dovetail.Cli.Why;

/// <summary>Why a virtual machine is not as its run strategy asks.</summary>
internal static class VmCauses
{
    /// <summary>Longer than a virt-controller that runs takes to see a new VM.</summary>
    private static readonly TimeSpan Unseen = TimeSpan.FromSeconds(10);

    public static Cause Explain(VirtualMachine vm, WhyFacts f)
    {
        var about = f.About("VirtualMachine", vm.Metadata.Name);
        var strategy = vm.Spec?.RunStrategy ?? (vm.Spec?.Running == true ? RunStrategies.Always : RunStrategies.Halted);
        if (vm.Metadata.DeletionTimestamp is { } since) return Deleting(about, vm, since, f);
        var cause = f.Vmi is { } vmi && !IsFinalAndLeft(vmi, strategy) ? WithGuest(about, vm, vmi, strategy, f) : WithoutGuest(about, vm, strategy, f);
        if (f.NamespaceObject?.Metadata.DeletionTimestamp is not null)
            cause = cause with { Standing = Standing.Blocked, Because = cause.Because.Insert(0, Cause.Blocked($"Namespace {f.Namespace}", "NamespaceTerminating", "is being deleted with everything in it; nothing new can be made there.", "use another namespace")) };
        return cause;
    }

    private static bool IsFinalAndLeft(VirtualMachineInstance vmi, string strategy) =>
        VmiPhases.IsFinal(vmi.Status?.Phase) && vmi.Metadata.DeletionTimestamp is null && strategy is RunStrategies.Once or RunStrategies.Manual && VmiPhases.IsFinal(vmi.Status?.Phase);

    private static Cause WithGuest(string about, VirtualMachine vm, VirtualMachineInstance vmi, string strategy, WhyFacts f)
    {
        var guest = VmiCauses.Explain(vmi, f);
        var because = new List<Cause> { guest };
        if (RestartNote(about, vm, f) is { } restart) because.Add(restart);
        var running = vmi.Status?.Phase == VmiPhases.Running;
        if (vmi.Metadata.DeletionTimestamp is not null)
            return strategy == RunStrategies.Halted
                ? new(about, At(guest, Standing.Waits), "Stopping", "is being stopped, as its run strategy Halted asks.", null, [guest])
                : new(about, At(guest, Standing.Waits), "Stopping", $"its guest is being ended; with the run strategy {strategy} {(strategy == RunStrategies.Always ? "a new one is started then" : "it depends on how it ends whether a new one is started")}.", null, [guest]);
        if (strategy == RunStrategies.Halted) return Cause.Blocked(about, "NotStopped", "is to stop (run strategy Halted), and its guest has not been told yet.", null, [guest, .. EngineCauses.All(f)]);
        if (vmi.Status?.Phase == VmiPhases.Failed)
            return Cause.Blocked(about, "GuestFailed", Retry(vm, f) is { } wait ? $"its guest has failed; a new one is started in {wait}." : "its guest has failed.", null, because);
        if (vmi.Status?.Phase == VmiPhases.Succeeded) return new(about, Standing.Waits, "GuestEnded", $"its guest has shut down; the run strategy {strategy} decides what follows.", null, [guest]);
        if (!running) return new(about, At(guest, Standing.Waits), "Starting", $"is to run (run strategy {strategy}) and does not yet.", null, [.. because]);
        if (vmi.Status?.MigrationState is { StartTimestamp: not null, EndTimestamp: null }) return new(about, Standing.Waits, "Migrating", "runs, and is moving to another node.", null, [.. because]);
        if (vmi.Status?.Conditions.IsTrue(ConditionTypes.Paused) == true) return new(about, At(guest, Standing.AsAsked), "Paused", "is paused.", null, [.. because]);
        return guest.Worst <= Standing.Note
            ? Cause.AsAsked(about, "Running", "runs, as asked. All is well.", null, because)
            : new(about, guest.Worst, "Running", "runs, but not all is well.", null, [.. because]);
    }

    private static Cause WithoutGuest(string about, VirtualMachine vm, string strategy, WhyFacts f)
    {
        var (ns, name) = (f.Namespace, vm.Metadata.Name);
        var start = $"virtctl start -n {ns} {name}";
        if (vm.Status?.RestoreInProgress is { Length: > 0 } restore) return Cause.Blocked(about, "RestoreInProgress", $"is not started while the restore {restore} goes on.", $"kubectl -n {ns} describe vmrestore {restore}");
        if (strategy == RunStrategies.Halted) return Cause.AsAsked(about, "Stopped", "is stopped, as asked: its run strategy is Halted.", $"{start} starts it", Ended(vm, f));
        var requested = vm.Status?.StateChangeRequests is [{ Action: StateChangeActions.Start }, ..];
        if (strategy == RunStrategies.Manual && !requested) return Cause.AsAsked(about, "Stopped", "is stopped, as asked: with the run strategy Manual it starts only when told to.", $"{start} starts it", Ended(vm, f));
        if (strategy == RunStrategies.RerunOnFailure && !requested && vm.Status?.RunStrategy == RunStrategies.RerunOnFailure && vm.Status.StartFailure is null)
            return Cause.AsAsked(about, "Stopped", "is stopped, as asked: its guest has shut down in order, and the run strategy RerunOnFailure restarts only one that fails.", $"{start} starts it");
        if (strategy == RunStrategies.Once && f.Vmi is { } once)
            return once.Status?.Phase == VmiPhases.Succeeded
                ? Cause.AsAsked(about, "Stopped", "has run once and is stopped, as asked (run strategy Once).", $"kubectl -n {ns} delete vmi {name} lets it run once more")
                : Cause.Blocked(about, "GuestFailed", "has run once and failed; the run strategy Once does not start it again.", $"kubectl -n {ns} delete vmi {name} lets it run once more", [VmiCauses.Explain(once, f)]);
        if (strategy == RunStrategies.WaitAsReceiver) return Cause.Waits(about, "WaitingForReceiver", "waits for a guest that is to be moved here.");
        return ReferenceCauses.Missing(f) is { IsEmpty: false } missing && Failure(about, vm, f) is null && vm.Status?.StartFailure is null
            ? Cause.Blocked(about, "NotFound", $"is to run (run strategy {strategy}), and something that it needs is not there.", null, missing)
            : NotStarted(about, vm, strategy, f);
    }

    /// <summary>It should have a guest, and has none.</summary>
    private static Cause NotStarted(string about, VirtualMachine vm, string strategy, WhyFacts f)
    {
        if (vm.Status?.Conditions.IsTrue(ConditionTypes.ManualRecoveryRequired) == true)
            return Cause.Blocked(about, "ManualRecoveryRequired", $"is not started before somebody has looked at its disks. {WhyFacts.Sentence(vm.Status.Conditions.Get(ConditionTypes.ManualRecoveryRequired)!.Message)}", "bring its volumes in order, then remove the condition as upstream's guide to volume migration says");
        if (Failure(about, vm, f) is { } failure) return failure;
        if (Retry(vm, f) is { } wait)
        {
            var count = vm.Status!.StartFailure!.ConsecutiveFailCount ?? 1;
            return Cause.Blocked(
                about,
                "CrashLoopBackOff",
                $"could not be started {(count == 1 ? "once" : $"{count} times in a row")}; the next try is in {wait}.",
                $"mend the cause, then virtctl stop and virtctl start -n {f.Namespace} {vm.Metadata.Name} begin anew at once",
                LastFailure(f));
        }

        var volumes = VolumeCauses.All(f).ToList();
        if (volumes.Count > 0) return new(about, volumes.Max(c => c.Worst), volumes.Exists(c => c.Worst == Standing.Blocked) ? "DataVolumeError" : "Provisioning", "is started as soon as its disks are there.", null, [.. volumes]);
        var engine = EngineCauses.All(f).Where(c => c.Standing == Standing.Blocked).ToList();
        var age = f.ServerNow - (vm.Metadata.CreationTimestamp ?? f.ServerNow);
        if (engine.Count > 0 || (vm.Status?.PrintableStatus is null && age > Unseen))
            return Cause.Blocked(about, "NotHandled", $"is to run (run strategy {strategy}), and virt-controller does nothing about it.", engine.Count > 0 ? null : "see that virt-controller runs: dovetail status; on a cluster: kubectl get pods -A -l kubevirt.io=virt-controller", engine);
        return Cause.Waits(about, "Starting", $"is to run (run strategy {strategy}), and is about to be started.");
    }

    private static Cause? Failure(string about, VirtualMachine vm, WhyFacts f)
    {
        if (vm.Status?.Conditions.Get(ConditionTypes.Failure) is not { Status: ConditionStatuses.True } failure) return null;
        var said = WhyFacts.Sentence(failure.Message);
        if (said.Contains("does not control", StringComparison.Ordinal)) return Cause.Blocked(about, "NameTaken", $"cannot start, because its name is taken: {said}", $"kubectl -n {f.Namespace} delete vmi {vm.Metadata.Name}, or rename the virtual machine");
        var missing = ReferenceCauses.Missing(f);
        var cause = CreationCauses.Refused(about, "its VirtualMachineInstance", said, f);
        return missing.IsEmpty ? cause : cause with { NextStep = null, Because = missing };
    }

    private static Cause Deleting(string about, VirtualMachine vm, DateTime since, WhyFacts f)
    {
        var because = new List<Cause>();
        if (f.Vmi is { } vmi) because.Add(VmiCauses.Explain(vmi, f));
        because.AddRange(DeletionCauses.Held("VirtualMachine", "vm", vm.Metadata, f).Where(c => f.Vmi is null || c.Reason == "UnknownFinalizer" || c.Worst == Standing.Blocked));
        var worst = because.Count == 0 ? Standing.Waits : (Standing)Math.Max((int)Standing.Waits, (int)because.Max(c => c.Worst));
        return new(about, worst, "Terminating", $"is being deleted since {WhyFacts.Span(f.ServerNow - since)}.", null, [.. because]);
    }

    private static Cause? RestartNote(string about, VirtualMachine vm, WhyFacts f) =>
        vm.Status?.Conditions.IsTrue(ConditionTypes.RestartRequired) == true
            ? Cause.Note(about, ConditionTypes.RestartRequired, "its template has changed since the guest was started; the guest runs with the old one.", $"virtctl restart -n {f.Namespace} {vm.Metadata.Name} applies it")
            : null;

    private static string? Retry(VirtualMachine vm, WhyFacts f) => StartBackoff.Remaining(vm.Status?.StartFailure, f.ServerNow) is { Ticks: > 0 } left ? WhyFacts.Span(left) : null;

    /// <summary>How the last guest ended, from what is still told of it.</summary>
    private static IEnumerable<Cause> LastFailure(WhyFacts f)
    {
        if (f.Vmi is { } vmi) return [VmiCauses.Explain(vmi, f)];
        var told = f.Warnings("VirtualMachineInstance", f.Name).FirstOrDefault();
        var missing = ReferenceCauses.Missing(f);
        return told is null ? missing : [Cause.Blocked(f.About("VirtualMachineInstance", f.Name), told.Reason ?? "Failed", $"the last one failed: {WhyFacts.Sentence(told.Message)}", missing.IsEmpty ? "mend what the message names" : null, missing)];
    }

    /// <summary>A guest that crashed before it was halted is worth a line.</summary>
    private static IEnumerable<Cause> Ended(VirtualMachine vm, WhyFacts f) =>
        vm.Status?.StartFailure?.ConsecutiveFailCount > 0 ? LastFailure(f).Select(c => c with { Standing = Standing.Note }) : [];

    private static Standing At(Cause guest, Standing least) => (Standing)Math.Max((int)guest.Worst, (int)least);
}
