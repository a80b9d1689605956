using System.Threading.Channels;
using Dovetail.Launcher.Libvirt;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>
/// The one task that owns the sandbox's guest. Commands, libvirt's events and finished work reach it through its channel; nobody else changes anything. Work that can take long
/// (preparing disks, starting, calls that wait for QEMU's monitor) runs beside it and reports back. What happens to a guest that has been started is always
/// <see cref="Look"/>: observe the domain (<see cref="DomainObserver"/>), decide (<see cref="GuestPlanner"/>), act. Events only say when to look.
/// </summary>
internal sealed class GuestOwner : IAsyncDisposable
{
    /// <summary>How long a handler that is connected may take to notice the end before a launcher that was told to terminate exits.</summary>
    private static readonly TimeSpan TimeToNoticeEnd = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LookingPace = TimeSpan.FromMilliseconds(100);

    private readonly Channel<GuestInput> inputs = Channel.CreateUnbounded<GuestInput>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<int> exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider time;
    private readonly LibvirtLink link;
    private readonly StatusFeed feed;
    private readonly GuestStarter starter;
    private readonly DomainCalls calls;
    private readonly DomainObserver observer;
    private readonly GuestLedger guest;
    private readonly CancellationTokenSource ending = new();

    /// <summary>What the handler asked for, until the guest runs: it may hold secrets.</summary>
    private LauncherCommand.EnsureDomain? asked;
    private LibvirtConnection? connection;
    private GuestAgentProbe? agent;
    private bool starting;
    private int attempts;
    private string lastFailure = "";

    /// <summary>What libvirt's event told of the domain's end, since it was last started.</summary>
    private EndReason? told;
    private bool willLookAgain;
    private DateTimeOffset? stopDeadline;
    private int stopRound;
    private bool terminating;

    public GuestOwner(LauncherOptions options, StatusFeed feed, TimeProvider time)
    {
        this.feed = feed;
        this.time = time;
        link = new(options.LibvirtUri, inputs.Writer, time);
        starter = new(link, inputs.Writer);
        calls = new(inputs.Writer);
        observer = new(options);
        guest = new(options.Sockets, feed);
    }

    /// <summary>Completes with the exit code when the launcher is to end.</summary>
    public Task<int> Exit => exit.Task;

    /// <summary>The file to be kept bounded; null before it is known.</summary>
    public string? SerialLog => guest.Record?.SerialLog is { Length: > 0 } path ? path : null;

    public void Terminate() => inputs.Writer.TryWrite(new GuestInput.Terminate());

    public Task<Answer> AskAsync(LauncherCommand command)
    {
        var reply = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        inputs.Writer.TryWrite(new GuestInput.Ask(command, reply));
        return reply.Task;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, ending.Token);
        var linked = link.RunAsync(both.Token);
        try
        {
            await foreach (var input in inputs.Reader.ReadAllAsync(both.Token).ConfigureAwait(false)) Take(input);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await linked.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        agent?.Dispose();
        ending.Dispose();
    }

    private void Take(GuestInput input)
    {
        switch (input)
        {
            case GuestInput.Ask ask: Obey(ask); break;
            case GuestInput.Prepared: OnPrepared(); break;
            case GuestInput.CannotStart failure: Fail(failure.Reason, failure.Message); break;
            case GuestInput.Started: OnStarted(); break;
            case GuestInput.StartUnclear unclear: OnStartUnclear(unclear.Message); break;
            case GuestInput.Finished done: OnFinished(done); break;
            case GuestInput.Lifecycle e: OnLifecycle(e); break;
            case GuestInput.AgentChanged: Look(); break;
            case GuestInput.AgentTold e: if (guest.Status.AgentConnected) guest.Publish(guest.Status with { Guest = e.Info }); break;
            case GuestInput.LinkUp up: connection = up.Connection; Look(); break;
            case GuestInput.LinkDown: OnLinkDown(); break;
            case GuestInput.StopTick tick: if (tick.Round == stopRound) StopFurther(); break;
            case GuestInput.LookAgain: willLookAgain = false; Look(); break;
            case GuestInput.Terminate: OnTerminate(); break;
            case GuestInput.ExitTick: exit.TrySetResult(ExitCode()); break;
        }
    }

    private void Obey(GuestInput.Ask ask)
    {
        switch (ask.Command)
        {
            case LauncherCommand.Hello or LauncherCommand.Query: Reply(ask, null); break;
            case LauncherCommand.EnsureDomain ensure: Reply(ask, Ensure(ensure)); break;
            case LauncherCommand.Shutdown shutdown: Stop(TimeSpan.FromSeconds(shutdown.GracePeriodSeconds)); Reply(ask, null); break;
            case LauncherCommand.Destroy: Stop(TimeSpan.Zero); Reply(ask, null); break;
            case LauncherCommand.Pause: CallFor(ask, d => d.Suspend()); break;
            case LauncherCommand.Unpause: CallFor(ask, d => d.Resume()); break;
            case LauncherCommand.Reset: CallFor(ask, d => d.Reset()); break;
            case LauncherCommand.SoftReboot: var throughAgent = guest.Status.AgentConnected; CallFor(ask, d => d.Reboot(throughAgent)); break;
            case LauncherCommand.AgentQuery query: QueryAgent(ask, query.Execute); break;
            case LauncherCommand.Release: Release(ask); break;
        }
    }

    private string? Ensure(LauncherCommand.EnsureDomain ensure)
    {
        if (terminating) return "the sandbox is ending";
        if (guest.Status.State != DomainState.Absent) return null;
        asked = ensure;

        // A guest that may live already is looked for before it is started.
        if (guest.MayLive) Look();
        else Prepare(ensure);
        return null;
    }

    private void Prepare(LauncherCommand.EnsureDomain ensure)
    {
        if (guest.Move(GuestEvent.Asked)) starter.Prepare(ensure, ending.Token);
    }

    private void OnPrepared()
    {
        if (asked is null || !guest.Move(GuestEvent.Prepared)) return;
        guest.RecordStart(asked);
        Start(asked);
    }

    private void Start(LauncherCommand.EnsureDomain ensure)
    {
        (starting, told, attempts) = (true, null, attempts + 1);
        starter.Start(ensure, ending.Token);
    }

    private void OnStarted()
    {
        starting = false;
        guest.RecordRun();
        Look();
    }

    private void OnStartUnclear(string message)
    {
        Console.Error.WriteLine($"looking for the guest after a start: {message}");
        (starting, lastFailure) = (false, message);
        Look();
    }

    private void Fail(string reason, string message)
    {
        starting = false;
        if (!guest.Fail(reason, message)) return;
        Console.Error.WriteLine($"the guest cannot start: {reason}: {message}");
        Finish();
    }

    private void Look()
    {
        // While its disks are prepared there is no domain; without a connection the next one brings us here.
        if (!guest.MayLive || guest.Status.State == DomainState.Preparing || connection is not { } libvirt) return;
        var facts = new GuestFacts
        {
            Sighting = observer.Look(libvirt, guest.Record!.Domain, told), HasRun = guest.Record.State == DomainState.Running,
            Starting = starting, Stopping = stopDeadline is not null, Asked = asked is not null, Attempts = attempts,
        };
        switch (GuestPlanner.Decide(facts))
        {
            case GuestStep.Wait: break;
            case GuestStep.LookAgain: LookAgain(); break;
            case GuestStep.TakeOver step: TakeOver(step.Seen); break;
            case GuestStep.Start when guest.Status.State == DomainState.Absent: Prepare(asked!); break;
            case GuestStep.Start: Start(asked!); break;
            case GuestStep.GiveUp: Fail("LibvirtError", $"tried {attempts} times: {lastFailure}"); break;
            case GuestStep.End step: End(step.Reason); break;
        }
    }

    private void LookAgain()
    {
        if (willLookAgain) return;
        willLookAgain = true;
        Later(LookingPace, new GuestInput.LookAgain());
    }

    private void TakeOver(DomainSighting.Live seen)
    {
        var wasAlive = guest.IsAlive;
        asked = null;
        guest.TakeOver(seen);
        ProbeAgent(seen.AgentConnected);
        if (wasAlive) return;
        StrayProbes.End();
        StopFurther();
    }

    private void ProbeAgent(bool connected)
    {
        if (connected == agent is not null && connected == guest.Status.AgentConnected) return;
        agent?.Dispose();
        agent = connected ? new GuestAgentProbe(link, guest.Record!.Domain, inputs.Writer, time) : null;
        guest.Publish(guest.Status with { AgentConnected = connected, Guest = connected ? guest.Status.Guest : null });
    }

    private void OnLinkDown()
    {
        connection = null;
        agent?.Dispose();
        agent = null;
    }

    private void OnLifecycle(GuestInput.Lifecycle e)
    {
        if (e.What == LifecycleEvent.Stopped) told = DomainObserver.ReasonOf((StoppedDetail)e.Detail);
        Look();
    }

    private void OnFinished(GuestInput.Finished done)
    {
        Look();
        if (done.Reply is { } reply) reply.TrySetResult(done.Answer);
        else if (done.Answer.Error is { } error) Console.Error.WriteLine($"stopping the guest: {error}");
    }

    private void Stop(TimeSpan grace)
    {
        if (guest.HasEnded) return;
        if (guest.Status.State == DomainState.Preparing || !guest.MayLive)
        {
            End(EndReason.Destroyed);
            return;
        }

        var deadline = time.GetUtcNow() + grace;
        if (stopDeadline <= deadline) return;
        stopDeadline = deadline;

        // It may not be there at all; if it is, or comes, it is stopped when it is taken over.
        if (guest.IsAlive) StopFurther();
        else Look();
    }

    private void StopFurther()
    {
        if (stopDeadline is not { } deadline || !guest.IsAlive) return;
        var (step, askAgain) = StopPlanner.Decide(guest.Status.State == DomainState.Paused, deadline - time.GetUtcNow());
        switch (step)
        {
            case StopStep.PressPowerButton: Call(d => d.PressPowerButton()); break;
            case StopStep.ResumeAndPressPowerButton: Call(d => { d.Resume(); d.PressPowerButton(); }); break;
            case StopStep.Destroy: Call(d => d.Destroy()); break;
        }

        Later(askAgain, new GuestInput.StopTick(++stopRound));
    }

    private void OnTerminate()
    {
        if (terminating) return;
        terminating = true;
        if (guest.HasEnded) LeaveSoon();
        else Stop(TimeSpan.FromSeconds(guest.Record?.GracePeriodSeconds ?? 0));
    }

    private void Release(GuestInput.Ask ask)
    {
        if (!guest.HasEnded)
        {
            Reply(ask, $"the guest is {guest.Status.State}; only a sandbox whose guest has ended can be released");
            return;
        }

        Reply(ask, null);
        Later(TimeSpan.FromMilliseconds(50), new GuestInput.ExitTick());
    }

    private void LeaveSoon() => Later(feed.HasListeners ? TimeToNoticeEnd : TimeSpan.Zero, new GuestInput.ExitTick());

    private int ExitCode() => guest.Status.State == DomainState.Failed || guest.Status.EndReason == EndReason.Crashed ? 1 : 0;

    private void End(EndReason reason)
    {
        if (!guest.End(reason)) return;
        Console.Error.WriteLine($"the guest has ended: {reason}");
        Finish();
    }

    private void Finish()
    {
        asked = null;
        agent?.Dispose();
        agent = null;
        if (terminating) LeaveSoon();
    }

    private void QueryAgent(GuestInput.Ask ask, string command)
    {
        if (!AgentQueries.IsAllowed(command)) Reply(ask, $"{command} is not among the agent commands that are passed on");
        else if (!guest.Status.AgentConnected) Reply(ask, "the guest agent is not connected");
        else CallFor(ask, d => GuestAgentProbe.Ask(d, command));
    }

    private void CallFor(GuestInput.Ask ask, Action<LibvirtDomain> work) => CallFor(ask, d => { work(d); return null; });

    private void CallFor(GuestInput.Ask ask, Func<LibvirtDomain, string?> work)
    {
        if (!guest.IsAlive) Reply(ask, $"the guest is {guest.Status.State}");
        else if (connection is not { } libvirt) Reply(ask, "libvirtd is being restarted; try again");
        else calls.Start(libvirt, guest.Record!.Domain, work, ask.Reply);
    }

    private void Call(Action<LibvirtDomain> work)
    {
        if (connection is { } libvirt) calls.Start(libvirt, guest.Record!.Domain, d => { work(d); return null; }, reply: null);
    }

    private static void Reply(GuestInput.Ask ask, string? error) => ask.Reply.TrySetResult(new(error));

    private void Later(TimeSpan delay, GuestInput input) => _ = PostLaterAsync(delay, input);

    private async Task PostLaterAsync(TimeSpan delay, GuestInput input)
    {
        try
        {
            await Task.Delay(delay, time, ending.Token).ConfigureAwait(false);
            inputs.Writer.TryWrite(input);
        }
        catch (OperationCanceledException)
        {
            // The launcher ends.
        }
    }
}
