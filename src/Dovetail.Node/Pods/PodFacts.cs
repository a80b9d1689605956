namespace Dovetail.Node.Pods;

/// <summary>What the pod's object asks for.</summary>
internal enum PodWish
{
    /// <summary>There is no object of that uid any more.</summary>
    Gone,

    /// <summary>It runs, or is to.</summary>
    Run,

    /// <summary>It is being deleted.</summary>
    Delete,

    /// <summary>Its phase is Succeeded or Failed: nothing of it may run.</summary>
    Finished,
}

/// <summary>What there is of it on this host.</summary>
internal enum SandboxState
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A record, perhaps a namespace and folders; no process.</summary>
    Prepared,

    Live,

    /// <summary>It ran and has ended.</summary>
    Dead,
}

/// <summary>How the pod's images stand.</summary>
internal enum ImagesState
{
    /// <summary>Not asked for yet, or a failed pull may be tried again.</summary>
    Wanted,

    Pulling,

    /// <summary>A pull failed and waits for its next try.</summary>
    BackingOff,

    Ready,
}

/// <summary>What is observed of one pod; the input of <see cref="PodPlanner"/>.</summary>
internal sealed record PodFacts
{
    public required PodWish Wish { get; init; }

    public required SandboxState Sandbox { get; init; }

    public required ImagesState Images { get; init; }

    /// <summary>The object's phase is already past Pending, so a guest has run.</summary>
    public required bool HasRun { get; init; }

    /// <summary>The object says already how the sandbox ended.</summary>
    public required bool EndReported { get; init; }

    public required bool LauncherAnswers { get; init; }

    /// <summary>When the sandbox was started.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    public required TimeSpan Grace { get; init; }

    public required DateTimeOffset? TermSentAt { get; init; }

    public required DateTimeOffset? ImagesRetryAt { get; init; }

    /// <summary>When a pull that still runs has to be told.</summary>
    public DateTimeOffset? PullToldFrom { get; init; }

    /// <summary>Why this node cannot run the pod now; null when it can.</summary>
    public required string? NodeBlocked { get; init; }

    public required DateTimeOffset Now { get; init; }
}
