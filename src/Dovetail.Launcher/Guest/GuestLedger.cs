using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>
/// What is known of the guest: the status that handlers hear, and the record that outlives the launcher. The record is written before anybody hears of what it says: what was told once
/// stays true after a kill.
/// </summary>
internal sealed class GuestLedger
{
    private readonly string folder;
    private readonly StatusFeed feed;

    public GuestLedger(string folder, StatusFeed feed)
    {
        (this.folder, this.feed) = (folder, feed);
        Record = GuestRecord.Read(folder);
        if (Record is not { State: DomainState.Ended or DomainState.Failed } known) return;
        Publish(new() { State = known.State, EndReason = known.EndReason, FailureReason = known.FailureReason, Message = known.Message, MachineType = known.MachineType });
    }

    public DomainStatus Status { get; private set; } = new() { State = DomainState.Absent };

    /// <summary>Null until the guest is started for the first time.</summary>
    public GuestRecord? Record { get; private set; }

    public bool HasEnded => Status.State is DomainState.Ended or DomainState.Failed;

    public bool IsAlive => Status.State is DomainState.Running or DomainState.Paused;

    /// <summary>A launcher, this one or one before it, has begun to start the guest, and nobody has recorded its end.</summary>
    public bool MayLive => Record is { State: DomainState.Starting or DomainState.Running };

    /// <summary>False when the event means nothing in the present phase.</summary>
    public bool Move(GuestEvent what)
    {
        if (GuestPhases.Next(Status.State, what) is not { } next) return false;
        Publish(Status with { State = next });
        return true;
    }

    public void Publish(DomainStatus next)
    {
        // What the pod's log shows.
        if (next.State != Status.State) Console.Out.WriteLine($"{Record?.Domain ?? "the guest"}: {next.State}");
        Status = next;
        feed.Publish(next);
    }

    /// <summary>From here on a domain may be there.</summary>
    public void RecordStart(LauncherCommand.EnsureDomain asked) =>
        Write(new() { Domain = asked.DomainName, State = DomainState.Starting, GracePeriodSeconds = asked.GracePeriodSeconds, SerialLog = asked.SerialLog });

    /// <summary>From here on the guest is never started again in this sandbox.</summary>
    public void RecordRun() => Write(Record! with { State = DomainState.Running });

    public void TakeOver(DomainSighting.Live seen)
    {
        Write(Record! with { State = DomainState.Running, MachineType = seen.MachineType });
        Status = Status with { QemuPid = seen.QemuPid, MachineType = seen.MachineType, PauseReason = seen.Pause };
        if (!Move(seen.Pause == PauseReason.None ? GuestEvent.Runs : GuestEvent.Paused)) Publish(Status);
    }

    /// <summary>False when the guest has run or has ended already.</summary>
    public bool Fail(string reason, string message) =>
        Finish(GuestEvent.CannotStart, Status with { FailureReason = reason, Message = message });

    /// <summary>False when it has ended already.</summary>
    public bool End(EndReason reason) =>
        Finish(GuestEvent.Gone, Status with { EndReason = reason, PauseReason = PauseReason.None, QemuPid = 0, AgentConnected = false, Guest = null });

    private bool Finish(GuestEvent what, DomainStatus last)
    {
        if (GuestPhases.Next(Status.State, what) is not { } state) return false;
        var known = Record ?? new() { Domain = "", State = state };
        Write(known with { State = state, EndReason = last.EndReason, FailureReason = last.FailureReason, Message = last.Message });
        Publish(last with { State = state });
        return true;
    }

    private void Write(GuestRecord next)
    {
        if (next == Record) return;
        next.Write(folder);
        Record = next;
    }
}
