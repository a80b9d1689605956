using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>What a decision about a guest that has been started once rests on.</summary>
internal readonly record struct GuestFacts
{
    public required DomainSighting Sighting { get; init; }

    /// <summary>The record says that the guest has run; else only that it was to be started.</summary>
    public required bool HasRun { get; init; }

    /// <summary>A start of ours is under way and will report.</summary>
    public bool Starting { get; init; }

    /// <summary>The guest has been told to stop.</summary>
    public bool Stopping { get; init; }

    /// <summary>What is needed to start the guest is known: the handler has asked for it.</summary>
    public bool Asked { get; init; }

    /// <summary>How often this launcher has tried to start it.</summary>
    public int Attempts { get; init; }
}

/// <summary>What the owner does next about its guest.</summary>
internal abstract record GuestStep
{
    private GuestStep() { }

    /// <summary>Nothing: an answer or a command is awaited.</summary>
    public sealed record Wait : GuestStep;

    public sealed record LookAgain : GuestStep;

    /// <summary>The guest lives: its state becomes ours.</summary>
    public sealed record TakeOver(DomainSighting.Live Seen) : GuestStep;

    public sealed record Start : GuestStep;

    /// <summary>It has been tried often enough.</summary>
    public sealed record GiveUp : GuestStep;

    public sealed record End(EndReason Reason) : GuestStep;
}

/// <summary>
/// Decides what follows from a look at the domain. Pure. A launcher or a libvirtd may have been killed at any moment before, so a start that was asked for may not have begun, may be
/// under way by the hand of a launcher that is dead, may have failed with nobody to hear of it, or may have brought up a guest that runs or has ended.
/// </summary>
internal static class GuestPlanner
{
    /// <summary>A start that meets the death of libvirtd, or another start, is tried again; not for ever, as it may be this guest that kills libvirtd.</summary>
    public const int MostAttempts = 5;

    public static GuestStep Decide(GuestFacts facts) => facts.Sighting switch
    {
        _ when facts.Starting => new GuestStep.Wait(),
        DomainSighting.Unsettled => new GuestStep.LookAgain(),
        DomainSighting.Live live => new GuestStep.TakeOver(live),
        DomainSighting.Absent absent => WithoutDomain(facts, absent.Told),
        _ => throw new InvalidOperationException(facts.Sighting.GetType().Name),
    };

    private static GuestStep WithoutDomain(GuestFacts facts, EndReason? told)
    {
        if (facts.HasRun) return new GuestStep.End(told ?? EndReason.Crashed);

        // libvirt calls a guest crashed, too, that it killed because libvirtd itself was killed during the start. Nobody has seen this one run: it may be started.
        if (told is EndReason.Shutdown or EndReason.Destroyed) return new GuestStep.End(told.Value);
        if (facts.Stopping) return new GuestStep.End(EndReason.Destroyed);
        if (!facts.Asked) return new GuestStep.Wait();
        return facts.Attempts < MostAttempts ? new GuestStep.Start() : new GuestStep.GiveUp();
    }
}
