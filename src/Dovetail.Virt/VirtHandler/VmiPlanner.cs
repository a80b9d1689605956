using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.VirtHandler;

/// <summary>What virt-handler does about a VMI.</summary>
public abstract record VmiStep
{
    private VmiStep() { }

    /// <summary>Makes the guest's network and has the launcher start the guest.</summary>
    public sealed record StartGuest : VmiStep;

    /// <summary>Asks the guest to power off, and destroys it after its grace period.</summary>
    public sealed record StopGuest(long GraceSeconds) : VmiStep;

    /// <summary>Lets a guest go on that QEMU has paused because its disk could not be written.</summary>
    public sealed record ResumeGuest : VmiStep;

    /// <summary>Lets the sandbox of an ended guest go.</summary>
    public sealed record ReleaseSandbox : VmiStep;
}

/// <summary>An event for the VMI.</summary>
public sealed record VmiNotice(bool IsWarning, string Reason, string Message);

/// <param name="Phase">The VMI's phase from now on.</param>
/// <param name="Reason">status.reason; "" for none.</param>
/// <param name="Steps">In order.</param>
/// <param name="Notices">Told after the status has been written.</param>
/// <param name="RecheckAfter">When to look again although nothing is heard.</param>
public sealed record VmiPlan(string Phase, string Reason, ImmutableArray<VmiStep> Steps, ImmutableArray<VmiNotice> Notices, TimeSpan? RecheckAfter)
{
    /// <summary>For the condition Synchronized; null when all is well.</summary>
    public SyncProblem? Problem { get; init; }
}

/// <summary>Decides, from what is seen of a VMI of this node and of its launcher, what to do and which phase the VMI is in. Pure.</summary>
public static class VmiPlanner
{
    private const long DefaultGraceSeconds = 30;

    /// <summary>How long a guest rests that could not write its disk.</summary>
    internal static readonly TimeSpan ResumeAfter = TimeSpan.FromSeconds(15);

    /// <summary>A launcher that does not answer is looked for, and a running guest's network that could not be made is tried again, at this pace.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public static VmiPlan Decide(VmiFacts facts)
    {
        var phase = facts.Vmi.Status?.Phase ?? VmiPhases.Unset;
        if (VmiPhases.IsFinal(phase)) return Keep(phase, facts.Guest is { State: DomainState.Ended or DomainState.Failed } ? [new VmiStep.ReleaseSandbox()] : []) with { Problem = null };
        return facts.Guest is { } guest ? WithLauncher(facts, phase, guest) : WithoutLauncher(facts, phase);
    }

    /// <summary>What a user reads about how a guest ended.</summary>
    internal static (string Phase, string Reason, VmiNotice Notice) Ending(EndReason how, bool hasAcpi) => how switch
    {
        EndReason.Shutdown => (VmiPhases.Succeeded, "", new(false, "Stopped", "The VirtualMachineInstance was shut down.")),

        // A guest that hears the power button and still had to be destroyed did not end in order.
        EndReason.Destroyed when hasAcpi => (VmiPhases.Failed, "", new(false, "Stopped", "The VirtualMachineInstance did not shut down within its grace period and was switched off.")),
        EndReason.Destroyed => (VmiPhases.Succeeded, "", new(false, "Stopped", "The VirtualMachineInstance was switched off.")),
        EndReason.Crashed or EndReason.None => (VmiPhases.Failed, "GuestCrashed", new(true, "Stopped", "The VirtualMachineInstance crashed.")),
    };

    private static VmiPlan WithLauncher(VmiFacts facts, string phase, DomainStatus guest) => guest.State switch
    {
        DomainState.Absent when IsDeleted(facts) => Keep(phase, [new VmiStep.StopGuest(0)]),
        DomainState.Absent => Keep(phase, [new VmiStep.StartGuest()]) with { Problem = facts.Problem },
        DomainState.Preparing or DomainState.Starting => Keep(phase, IsDeleted(facts) ? [Stop(facts)] : []) with { Problem = facts.Problem },
        DomainState.Running or DomainState.Paused => Alive(facts, phase),
        DomainState.Ended => End(facts, guest.EndReason),
        DomainState.Failed => CannotStart(guest.FailureReason, guest.Message),
    };

    private static VmiPlan Alive(VmiFacts facts, string phase)
    {
        var notices = ImmutableArray.CreateBuilder<VmiNotice>();
        if (phase != VmiPhases.Running)
        {
            notices.Add(new(false, "Created", "VirtualMachineInstance defined."));
            notices.Add(new(false, "Started", "VirtualMachineInstance started."));
        }

        var again = facts.Problem is null ? null : (TimeSpan?)LookAgain;
        if (IsDeleted(facts)) return new(VmiPhases.Running, "", [Stop(facts)], notices.ToImmutable(), again) { Problem = facts.Problem };
        var (steps, resume) = Resume(facts);
        return new(VmiPhases.Running, "", steps, notices.ToImmutable(), again ?? resume) { Problem = facts.Problem };
    }

    /// <summary>Whether the disk has room again is known best by QEMU: it tries the failed write anew, and pauses once more when that fails too.</summary>
    private static (ImmutableArray<VmiStep> Steps, TimeSpan? RecheckAfter) Resume(VmiFacts facts)
    {
        if (facts.Guest is not { State: DomainState.Paused, PauseReason: PauseReason.IoError }) return ([], null);
        var paused = facts.Vmi.Status?.Conditions?.FirstOrDefault(c => c.Type == ConditionTypes.Paused)?.LastTransitionTime ?? facts.Now;
        var due = (facts.ResumedAt > paused ? facts.ResumedAt.Value : paused) + ResumeAfter;
        return due <= facts.Now ? ([new VmiStep.ResumeGuest()], ResumeAfter) : ([], due - facts.Now);
    }

    private static VmiPlan End(VmiFacts facts, EndReason how)
    {
        var (phase, reason, notice) = Ending(how, facts.Vmi.Spec?.Domain?.Features?.Acpi?.Enabled != false);
        return new(phase, reason, [], [notice], null);
    }

    private static VmiPlan CannotStart(string reason, string message) =>
        new(VmiPhases.Failed, reason, [], [new(true, "SyncFailed", $"{reason}: {message}")], null) { Problem = new(reason, message) };

    private static VmiPlan WithoutLauncher(VmiFacts facts, string phase)
    {
        if (!facts.SandboxIsGone) return Keep(phase, []) with { RecheckAfter = LookAgain };
        if (facts.Record is { State: DomainState.Failed } failed) return CannotStart(failed.FailureReason, failed.Message);
        if (facts.Record is { State: DomainState.Ended } ended) return End(facts, ended.EndReason);
        const string Message = "The sandbox of the VirtualMachineInstance ended unexpectedly, and its guest with it.";
        return new(VmiPhases.Failed, "SandboxEnded", [], [new(true, "Stopped", Message)], null);
    }

    private static VmiPlan Keep(string phase, ImmutableArray<VmiStep> steps) => new(phase, "", steps, [], null);

    private static VmiStep.StopGuest Stop(VmiFacts facts) => new(facts.Vmi.Spec?.TerminationGracePeriodSeconds ?? DefaultGraceSeconds);

    private static bool IsDeleted(VmiFacts facts) => facts.Vmi.Metadata.DeletionTimestamp is not null;
}
