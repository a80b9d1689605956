using Dovetail.Launcher.Libvirt;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>The outcome of a command: an error in words, or the answer's content.</summary>
internal readonly record struct Answer(string? Error, string? Result = null);

/// <summary>Everything that reaches the task that owns the guest.</summary>
internal abstract record GuestInput
{
    private GuestInput() { }

    public sealed record Ask(LauncherCommand Command, TaskCompletionSource<Answer> Reply) : GuestInput;

    public sealed record Prepared : GuestInput;

    public sealed record CannotStart(string Reason, string Message) : GuestInput;

    public sealed record Started : GuestInput;

    /// <summary>The start has come to nothing that can be told from its answer: the domain has to be looked for.</summary>
    public sealed record StartUnclear(string Message) : GuestInput;

    /// <summary>A call that ran beside the owner is done. <paramref name="Reply"/> is null for the owner's own calls.</summary>
    public sealed record Finished(TaskCompletionSource<Answer>? Reply, Answer Answer) : GuestInput;

    public sealed record Lifecycle(LifecycleEvent What, int Detail) : GuestInput;

    public sealed record AgentChanged(bool Connected) : GuestInput;

    public sealed record AgentTold(GuestInfo Info) : GuestInput;

    public sealed record LinkUp(LibvirtConnection Connection) : GuestInput;

    public sealed record LinkDown : GuestInput;

    /// <summary>Time to press the power button again, or to give up on the guest. Of an earlier round it means nothing.</summary>
    public sealed record StopTick(int Round) : GuestInput;

    /// <summary>Time to look again at a domain that was between two states.</summary>
    public sealed record LookAgain : GuestInput;

    /// <summary>SIGTERM: stop the guest in order, then exit.</summary>
    public sealed record Terminate : GuestInput;

    /// <summary>The handlers have had their time to notice the end.</summary>
    public sealed record ExitTick : GuestInput;
}
