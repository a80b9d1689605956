using System.Collections.Immutable;

namespace Dovetail.Node.Pods;

/// <summary>One thing to do for a pod. All can be repeated.</summary>
internal abstract record PodStep
{
    private PodStep() { }

    /// <summary>Take a uid, write the record, make the network.</summary>
    internal sealed record Prepare : PodStep;

    /// <summary>Ask for the images; their pulls go on by themselves.</summary>
    internal sealed record PullImages : PodStep;

    internal sealed record Start : PodStep;

    /// <summary>See whether the launcher answers.</summary>
    internal sealed record ProbeLauncher : PodStep;

    /// <summary>Ask the sandbox to end.</summary>
    internal sealed record Terminate : PodStep;

    internal sealed record Kill : PodStep;

    /// <summary>The sandbox of a pod that has run is gone without a trace: tell so.</summary>
    internal sealed record ReportLost : PodStep;

    /// <summary>Remove namespace, address, cgroup, folders, record.</summary>
    internal sealed record Remove : PodStep;

    /// <summary>Remove the object from the API.</summary>
    internal sealed record ReleaseObject : PodStep;
}

/// <summary>What to do now, and when to look again if nothing happens before.</summary>
internal sealed record PodPlan(ImmutableArray<PodStep> Steps, DateTimeOffset? RecheckAt);

/// <summary>Decides, from what is observed, what is done for a pod next. Pure. After each plan with steps everything is observed anew, until nothing is left to do.</summary>
internal static class PodPlanner
{
    private static readonly TimeSpan ShortestProbe = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(1);

    public static PodPlan Decide(PodFacts f) => (f.Wish, f.Sandbox) switch
    {
        (PodWish.Run, SandboxState.None) when f.HasRun => Do(new PodStep.ReportLost()),
        (PodWish.Run, SandboxState.None) when f.NodeBlocked is not null => Wait(f.Now + TimeSpan.FromSeconds(2)),

        // Network and pulls at once: the pull goes on by itself.
        (PodWish.Run, SandboxState.None) => Do(new PodStep.PullImages(), new PodStep.Prepare()),
        (PodWish.Run, SandboxState.Prepared) => StartOrWait(f),
        (PodWish.Run, SandboxState.Live) => f.LauncherAnswers ? Rest : new PodPlan([new PodStep.ProbeLauncher()], f.Now + ProbeInterval(f)),

        // First the object has to tell how it ended; only then is what tells us removed.
        (PodWish.Run, SandboxState.Dead) => Rest,

        (PodWish.Delete, SandboxState.Live) => EndWithinGrace(f),
        (PodWish.Delete, SandboxState.Dead) when !f.EndReported => Rest,
        (PodWish.Delete, SandboxState.Dead or SandboxState.Prepared) => Do(new PodStep.Remove()),
        (PodWish.Delete, SandboxState.None) => Do(new PodStep.ReleaseObject()),

        (PodWish.Finished, SandboxState.Live) => Do(new PodStep.Kill()),
        (PodWish.Finished, SandboxState.Dead or SandboxState.Prepared) => Do(new PodStep.Remove()),
        (PodWish.Finished, SandboxState.None) => Rest,

        (PodWish.Gone, SandboxState.Live) => Do(new PodStep.Kill()),
        (PodWish.Gone, SandboxState.Dead or SandboxState.Prepared) => Do(new PodStep.Remove()),
        (PodWish.Gone, SandboxState.None) => Rest,
    };

    private static PodPlan Rest => new([], null);

    /// <summary>A quarter of the time that it has had: quick while a launcher normally starts, rare for one that hangs.</summary>
    private static TimeSpan ProbeInterval(PodFacts f) =>
        TimeSpan.FromTicks(Math.Clamp((f.Now - (f.StartedAt ?? f.Now)).Ticks / 4, ShortestProbe.Ticks, LongestProbe.Ticks));

    private static PodPlan StartOrWait(PodFacts f) => f.Images switch
    {
        ImagesState.Ready => Do(new PodStep.Start()),
        ImagesState.Wanted => Do(new PodStep.PullImages()),
        ImagesState.Pulling => new([], f.PullToldFrom),
        ImagesState.BackingOff => Wait(f.ImagesRetryAt ?? f.Now),
    };

    private static PodPlan EndWithinGrace(PodFacts f)
    {
        if (f.Grace <= TimeSpan.Zero) return Do(new PodStep.Kill());
        if (f.TermSentAt is not { } sent) return new PodPlan([new PodStep.Terminate()], f.Now + f.Grace);
        return f.Now >= sent + f.Grace ? Do(new PodStep.Kill()) : Wait(sent + f.Grace);
    }

    private static PodPlan Do(params ImmutableArray<PodStep> steps) => new(steps, null);

    private static PodPlan Wait(DateTimeOffset until) => new([], until);
}
