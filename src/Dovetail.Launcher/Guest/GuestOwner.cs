using System.Threading.Channels;
using Dovetail.Launcher.Libvirt;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>
/// The one task that owns the sandbox's guest. Commands, libvirt's events and finished work reach it through its channel; nobody else changes anything. Work that can take long
/// (preparing disks, starting, calls that wait for QEMU's monitor) runs beside it and reports back, so that a hung QEMU can still be destroyed.
/// </summary>
internal sealed class GuestOwner : IAsyncDisposable
{
    /// <summary>An operating system that is still booting does not hear the power button; it is pressed again until it does.</summary>
    private static readonly TimeSpan PressAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long a handler that is connected may take to notice the end before a launcher that was told to terminate exits.</summary>
    private static readonly TimeSpan TimeToNoticeEnd = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan StartingPace = TimeSpan.FromMilliseconds(100);

    /// <summary>VIR_DOMAIN_PAUSED_IOERROR.</summary>
    private const int PausedByIoError = 5;

    private readonly Channel<GuestInput> inputs = Channel.CreateUnbounded<GuestInput>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<int> exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LauncherOptions options;
    private readonly TimeProvider time;
    private readonly LibvirtLink link;
    private readonly StatusFeed feed;
    private readonly GuestStarter starter;
    private readonly CancellationTokenSource ending = new();

    private DomainStatus status = new() { State = DomainState.Absent };
    private GuestRecord? record;
    private LauncherCommand.EnsureDomain? asked;
    private LibvirtConnection? connection;
    private LibvirtDomain? domain;
    private GuestAgentProbe? agent;
    private int? lastStopped;
    private DateTimeOffset? stopDeadline;
    private int stopRound;
    private bool terminating;

    public GuestOwner(LauncherOptions options, StatusFeed feed, TimeProvider time)
    {
        this.options = options;
        this.feed = feed;
        this.time = time;
        link = new(options.LibvirtUri, inputs.Writer, time);
        starter = new(link, inputs.Writer);
        record = GuestRecord.Read(options.Sockets);
        if (record is { State: DomainState.Ended or DomainState.Failed }) Publish(StatusOf(record));
    }

    /// <summary>Completes with the exit code when the launcher is to end.</summary>
    public Task<int> Exit => exit.Task;

    /// <summary>The file to be kept bounded; null before it is known.</summary>
    public string? SerialLog => record?.SerialLog is { Length: > 0 } path ? path : null;

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
        domain?.Dispose();
        ending.Dispose();
    }

    private void Take(GuestInput input)
    {
        switch (input)
        {
            case GuestInput.Ask ask: Obey(ask); break;
            case GuestInput.Prepared: OnPrepared(); break;
            case GuestInput.CannotStart failure: OnCannotStart(failure); break;
            case GuestInput.Started: OnStarted(); break;
            case GuestInput.Finished done: Sync(); done.Reply.TrySetResult(done.Answer); break;
            case GuestInput.Lifecycle e: OnLifecycle(e); break;
            case GuestInput.AgentChanged e: OnAgent(e.Connected); break;
            case GuestInput.AgentTold e: if (status.AgentConnected) Publish(status with { Guest = e.Info }); break;
            case GuestInput.LinkUp up: connection = up.Connection; Reattach(); break;
            case GuestInput.LinkDown: Detach(); break;
            case GuestInput.StopTick tick: if (tick.Round == stopRound) StopFurther(); break;
            case GuestInput.LookAgain: if (status.State == DomainState.Absent) Reattach(); break;
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
            case LauncherCommand.Shutdown shutdown: Reply(ask, Stop(TimeSpan.FromSeconds(shutdown.GracePeriodSeconds))); break;
            case LauncherCommand.Destroy: Reply(ask, Stop(TimeSpan.Zero)); break;
            case LauncherCommand.Pause: Beside(ask, d => d.Suspend()); break;
            case LauncherCommand.Unpause: Beside(ask, d => d.Resume()); break;
            case LauncherCommand.Reset: Beside(ask, d => d.Reset()); break;
            case LauncherCommand.SoftReboot: var throughAgent = status.AgentConnected; Beside(ask, d => d.Reboot(throughAgent)); break;
            case LauncherCommand.AgentQuery query: QueryAgent(ask, query.Execute); break;
            case LauncherCommand.Release: Release(ask); break;
        }
    }

    private string? Ensure(LauncherCommand.EnsureDomain ensure)
    {
        // A domain that libvirt may know is looked up before anything is started: see Reattach.
        asked = ensure;
        if (terminating) return "the sandbox is ending";
        if (record is { State: DomainState.Starting or DomainState.Running } && connection is null) return null;
        if (!Move(GuestEvent.Asked)) return null;
        starter.Prepare(ensure, ending.Token);
        return null;
    }

    private void OnPrepared()
    {
        if (asked is null || !Move(GuestEvent.Prepared)) return;
        Remember(new GuestRecord { Domain = asked.DomainName, State = DomainState.Starting, GracePeriodSeconds = asked.GracePeriodSeconds, SerialLog = asked.SerialLog });
        lastStopped = null;
        starter.Start(asked, ending.Token);
    }

    private void OnCannotStart(GuestInput.CannotStart failure)
    {
        if (GuestPhases.Next(status.State, GuestEvent.CannotStart) is not { } next) return;
        Console.Error.WriteLine($"the guest cannot start: {failure.Reason}: {failure.Message}");
        Finish(status with { State = next, FailureReason = failure.Reason, Message = failure.Message });
    }

    private void OnStarted()
    {
        if (status.State != DomainState.Starting) return;
        Reattach();
        if (stopDeadline is not null) StopFurther();
    }

    /// <summary>Finds the domain that the record names and takes its state over. Called for each new connection and after a start.</summary>
    private void Reattach()
    {
        if (connection is null || record is not { State: DomainState.Starting or DomainState.Running } known) return;
        var starting = status.State == DomainState.Starting;
        domain?.Dispose();
        domain = connection.Find(known.Domain);
        if (domain is null)
        {
            // While the starter works, an absent domain is its business; it reports.
            if (starting && lastStopped is null) return;
            if (EndOf(known) is { } reason) End(reason);
            else if (asked is { } ensure) Ensure(ensure);
            return;
        }

        var xml = DomainXml.Read(domain.Xml());
        status = status with { QemuPid = QemuPid(known.Domain), MachineType = xml.MachineType };
        Sync();
        if (status.State is DomainState.Running or DomainState.Paused)
        {
            Remember(known with { State = DomainState.Running, MachineType = xml.MachineType });
            if (xml.AgentConnected) OnAgent(true);
        }
    }

    /// <summary>Null when the record says that the guest was being started and nothing shows that it ever ran.</summary>
    private EndReason? EndOf(GuestRecord known)
    {
        if (lastStopped is { } detail) return ReasonOf(detail);
        return QemuLog.EndReason(options.CacheHome, known.Domain) ?? (known.State == DomainState.Running ? EndReason.Crashed : null);
    }

    private void Detach()
    {
        connection = null;
        domain?.Dispose();
        domain = null;
        agent?.Dispose();
        agent = null;
    }

    /// <summary>Takes over what libvirt says now; events may be late or lost, this is not.</summary>
    private void Sync()
    {
        if (domain is null) return;
        try
        {
            var (state, detail) = domain.State();
            switch (state)
            {
                case LibvirtState.Paused:
                    status = status with { PauseReason = detail == PausedByIoError ? PauseReason.IoError : PauseReason.User };
                    if (!Move(GuestEvent.Paused)) Publish(status);
                    break;
                case LibvirtState.ShutOff when status.State == DomainState.Absent && record is { State: DomainState.Starting } && lastStopped is null:
                    // The launcher before this one was killed during the start, and libvirt is still at it: a transient domain that is off will run or vanish.
                    Later(StartingPace, new GuestInput.LookAgain());
                    break;
                case LibvirtState.ShutOff or LibvirtState.Crashed: End(lastStopped is { } stopped ? ReasonOf(stopped) : EndReason.Crashed); break;
                case LibvirtState.None or LibvirtState.Running or LibvirtState.Blocked or LibvirtState.ShuttingDown or LibvirtState.PmSuspended:
                    status = status with { PauseReason = PauseReason.None };
                    Move(GuestEvent.Runs);
                    break;
            }
        }
        catch (LibvirtException)
        {
            // The connection or the domain has just gone; an event that says which is on its way.
        }
    }

    private void OnLifecycle(GuestInput.Lifecycle e)
    {
        switch (e.What)
        {
            case LifecycleEvent.Stopped:
                lastStopped = e.Detail;
                // A domain whose start fails is stopped too; the starter tells then.
                if (status.State is DomainState.Running or DomainState.Paused) End(ReasonOf(e.Detail));
                break;
            case LifecycleEvent.Suspended or LifecycleEvent.Resumed: Sync(); break;
            case LifecycleEvent.Defined or LifecycleEvent.Undefined or LifecycleEvent.Started or LifecycleEvent.Shutdown or LifecycleEvent.PmSuspended or LifecycleEvent.Crashed: break;
        }
    }

    private void OnAgent(bool connected)
    {
        agent?.Dispose();
        agent = connected && domain is not null && record is not null ? new GuestAgentProbe(link, record.Domain, inputs.Writer, time) : null;
        Publish(status with { AgentConnected = connected, Guest = connected ? status.Guest : null });
    }

    private string? Stop(TimeSpan grace)
    {
        if (status.State is DomainState.Ended or DomainState.Failed) return null;
        if (status.State is DomainState.Absent && record is { State: DomainState.Starting or DomainState.Running } && connection is null)
        {
            // A guest that is there but not found yet: it is stopped as soon as it is.
        }
        else if (status.State is DomainState.Absent or DomainState.Preparing)
        {
            End(EndReason.Destroyed);
            return null;
        }

        var deadline = time.GetUtcNow() + grace;
        if (stopDeadline <= deadline) return null;
        stopDeadline = deadline;
        StopFurther();
        return null;
    }

    private void StopFurther()
    {
        if (stopDeadline is not { } deadline || status.State is DomainState.Ended or DomainState.Failed) return;
        var left = deadline - time.GetUtcNow();
        if (record is { } known && status.State is DomainState.Running or DomainState.Paused)
        {
            var paused = status.State == DomainState.Paused;
            if (left <= TimeSpan.Zero) BesideQuietly(d => d.Destroy());
            else BesideQuietly(d =>
            {
                // A guest whose vCPUs stand still cannot answer the power button.
                if (paused) d.Resume();
                d.PressPowerButton();
            });
        }

        Later(left > TimeSpan.Zero && left < PressAgainAfter ? left : PressAgainAfter, new GuestInput.StopTick(++stopRound));
    }

    private void OnTerminate()
    {
        if (terminating) return;
        terminating = true;
        if (status.State is DomainState.Ended or DomainState.Failed) LeaveSoon();
        else Stop(TimeSpan.FromSeconds(record?.GracePeriodSeconds ?? asked?.GracePeriodSeconds ?? 30));
    }

    private void Release(GuestInput.Ask ask)
    {
        if (status.State is not (DomainState.Ended or DomainState.Failed))
        {
            Reply(ask, $"the guest is {status.State}; only a sandbox whose guest has ended can be released");
            return;
        }

        Reply(ask, null);
        Later(TimeSpan.FromMilliseconds(50), new GuestInput.ExitTick());
    }

    private void LeaveSoon() => Later(feed.HasListeners ? TimeToNoticeEnd : TimeSpan.Zero, new GuestInput.ExitTick());

    private int ExitCode() => status.State == DomainState.Failed || status.EndReason == EndReason.Crashed ? 1 : 0;

    private void End(EndReason reason)
    {
        if (GuestPhases.Next(status.State, GuestEvent.Gone) is not { } next) return;
        Console.Error.WriteLine($"the guest has ended: {reason}");
        Finish(status with { State = next, EndReason = reason, QemuPid = 0, AgentConnected = false, Guest = null });
    }

    /// <summary>The record is written before anybody hears of it: what was told once stays true after a kill.</summary>
    private void Finish(DomainStatus last)
    {
        agent?.Dispose();
        agent = null;
        var known = record ?? new GuestRecord { Domain = asked?.DomainName ?? "", State = last.State };
        Remember(known with { State = last.State, EndReason = last.EndReason, FailureReason = last.FailureReason, Message = last.Message });
        Publish(last);
        if (terminating) LeaveSoon();
    }

    private void QueryAgent(GuestInput.Ask ask, string command)
    {
        if (!AgentQueries.IsAllowed(command)) Reply(ask, $"{command} is not among the agent commands that are passed on");
        else if (!status.AgentConnected) Reply(ask, "the guest agent is not connected");
        else Beside(ask, d => GuestAgentProbe.Ask(d, command));
    }

    private void Beside(GuestInput.Ask ask, Action<LibvirtDomain> work) => Beside(ask, d => { work(d); return null; });

    /// <summary>Calls libvirt on a thread of the pool, with a reference to the domain of its own.</summary>
    private void Beside(GuestInput.Ask ask, Func<LibvirtDomain, string?> work)
    {
        if (status.State is not (DomainState.Running or DomainState.Paused) || record is null || connection is null)
        {
            Reply(ask, connection is null ? "libvirtd is being restarted; try again" : $"the guest is {status.State}");
            return;
        }

        var (from, name) = (connection, record.Domain);
        _ = Task.Run(() =>
        {
            Answer answer;
            try
            {
                using var mine = from.Find(name) ?? throw new LibvirtException("the domain is gone");
                answer = new(null, work(mine));
            }
            catch (LibvirtException e)
            {
                answer = new(e.Message);
            }

            inputs.Writer.TryWrite(new GuestInput.Finished(ask.Reply, answer));
        });
    }

    private void BesideQuietly(Action<LibvirtDomain> work)
    {
        var ask = new GuestInput.Ask(new LauncherCommand.Query(), new());
        Beside(ask, work);
        _ = LogErrorAsync(ask.Reply.Task);
    }

    private static async Task LogErrorAsync(Task<Answer> work)
    {
        if ((await work.ConfigureAwait(false)).Error is { } error) Console.Error.WriteLine($"stopping the guest: {error}");
    }

    private static void Reply(GuestInput.Ask ask, string? error) => ask.Reply.TrySetResult(new(error));

    /// <summary>False when the event means nothing in the present phase.</summary>
    private bool Move(GuestEvent what)
    {
        if (GuestPhases.Next(status.State, what) is not { } next) return false;
        Publish(status with { State = next });
        return true;
    }

    private void Publish(DomainStatus next)
    {
        status = next;
        feed.Publish(next);
    }

    private void Remember(GuestRecord next)
    {
        if (next == record) return;
        record = next;
        next.Write(options.Sockets);
    }

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

    private int QemuPid(string name)
    {
        var file = Path.Combine(options.RuntimeHome, "libvirt/qemu/run", name + ".pid");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), out var pid) ? pid : 0;
    }

    private static DomainStatus StatusOf(GuestRecord record) => new()
    {
        State = record.State, EndReason = record.EndReason, FailureReason = record.FailureReason, Message = record.Message, MachineType = record.MachineType,
    };

    private static EndReason ReasonOf(int detail) => (StoppedDetail)detail switch
    {
        StoppedDetail.Destroyed => EndReason.Destroyed,
        StoppedDetail.Crashed or StoppedDetail.Failed => EndReason.Crashed,
        StoppedDetail.Shutdown or StoppedDetail.Migrated or StoppedDetail.Saved or StoppedDetail.FromSnapshot => EndReason.Shutdown,
    };
}
