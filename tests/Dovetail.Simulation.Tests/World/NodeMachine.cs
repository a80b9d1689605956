using Dovetail.LauncherApi;
using Dovetail.Node.Pods;
using Dovetail.Simulation.Tests.Kernel;

namespace Dovetail.Simulation.Tests.World;

/// <summary>
/// The node's hardware, kernel and sandboxes with their launchers and guests, which outlive every agent. A launcher does what <c>GuestOwner</c> does. Two live guests of one VM would write
/// to one disk, so that is checked here, at every start.
/// </summary>
internal sealed class NodeMachine(SimulationLoop loop, Random random)
{
    private readonly SimulatedProcess kernel = new(loop, "kernel");
    private readonly Dictionary<string, Sandbox> sandboxes = [];

    /// <summary>Told after a sandbox has ended; the node agent that runs now listens.</summary>
    public Action<Sandbox>? Exited { get; set; }

    /// <summary>Told after a launcher's status has changed or its connection has broken; the virt-handler that runs now listens.</summary>
    public Action<Sandbox>? LauncherChanged { get; set; }

    /// <summary>The first broken promise; null while all are kept.</summary>
    public string? Violation { get; private set; }

    /// <summary>How often a guest cannot be started; a corrupt image, say.</summary>
    public double StartFailures { get; set; }

    public int Boots { get; private set; }

    public IReadOnlyCollection<Sandbox> Sandboxes => sandboxes.Values;

    public Sandbox? Find(string podUid) => sandboxes.GetValueOrDefault(podUid);

    public void Create(Sandbox sandbox) => sandboxes.TryAdd(sandbox.PodUid, sandbox);

    public void Remove(string podUid)
    {
        if (sandboxes.Remove(podUid, out var sandbox)) Exit(sandbox, 137, EndReason.Crashed);
    }

    public void Start(Sandbox sandbox)
    {
        sandbox.Record = sandbox.Record with { Phase = SandboxPhase.Running, StartedAt = loop.Time.GetUtcNow(), PodIps = ["10.42.0.9"] };
        sandbox.Runs = true;
        Later(50 + random.Next(400), sandbox, _ => true, SetAnswering);
    }

    /// <summary>The launcher's process dies; init starts it again, and it finds its guest.</summary>
    public void KillLauncher(Sandbox sandbox)
    {
        if (!sandbox.LauncherAnswers) return;
        sandbox.LauncherAnswers = false;
        // Preparing is its own work; what libvirt has begun goes on without it.
        if (sandbox.Guest.State == DomainState.Preparing) sandbox.Guest = sandbox.Guest with { State = DomainState.Absent };
        LauncherChanged?.Invoke(sandbox);
        Later(random.Next(3000), sandbox, _ => true, SetAnswering);
    }

    /// <summary>The sandbox's init is killed, and everything in it with it.</summary>
    public void Kill(Sandbox sandbox) => Exit(sandbox, 137, EndReason.Crashed);

    /// <summary>SIGTERM to the sandbox: the launcher stops the guest within its grace period and leaves.</summary>
    public void Terminate(Sandbox sandbox)
    {
        if (sandbox.Terminating) return;
        sandbox.Terminating = true;
        if (sandbox.HasEnded) Leave(sandbox, 3000);
        else Stop(sandbox, TimeSpan.FromSeconds(sandbox.GuestRecord?.GracePeriodSeconds ?? 30));
    }

    /// <summary>Starts the guest unless it was started before in this sandbox.</summary>
    public string? Ensure(Sandbox sandbox, LauncherCommand.EnsureDomain ensure)
    {
        if (sandbox.Terminating) return "the sandbox is ending";
        if (sandbox.Guest.State != DomainState.Absent) return null;
        Set(sandbox, DomainState.Preparing);
        Later(random.Next(600), sandbox, guest => guest == DomainState.Preparing && sandbox.LauncherAnswers, one => Boot(one, ensure));
        return null;
    }

    /// <summary>Asks the guest to shut down; some take long, some never do, and are destroyed.</summary>
    public string? Stop(Sandbox sandbox, TimeSpan grace)
    {
        if (sandbox.HasEnded) return null;
        if (!sandbox.IsLive)
        {
            End(sandbox, EndReason.Destroyed);
            return null;
        }

        var deadline = loop.Now + grace;
        if (sandbox.StopDeadline <= deadline) return null;
        if (sandbox.StopDeadline is null && random.Next(5) > 0) Later(random.Next(8000), sandbox, IsUp, one => End(one, EndReason.Shutdown));
        sandbox.StopDeadline = deadline;
        Later((int)grace.TotalMilliseconds, sandbox, _ => sandbox.IsLive, one => End(one, EndReason.Destroyed));
        return null;
    }

    public string? Release(Sandbox sandbox)
    {
        if (!sandbox.HasEnded) return $"the guest is {sandbox.Guest.State}; only a sandbox whose guest has ended can be released";
        Leave(sandbox, 50);
        return null;
    }

    /// <summary>The guest's processor stops: by its own doing, or killed.</summary>
    public void End(Sandbox sandbox, EndReason how)
    {
        if (sandbox.HasEnded || !sandbox.Runs) return;
        Finish(sandbox, sandbox.Guest with { State = DomainState.Ended, EndReason = how });
    }

    public void Pause(Sandbox sandbox, bool paused)
    {
        if (sandbox.Guest.State != (paused ? DomainState.Running : DomainState.Paused)) return;
        sandbox.Guest = sandbox.Guest with { PauseReason = paused ? PauseReason.User : PauseReason.None };
        Set(sandbox, paused ? DomainState.Paused : DomainState.Running);
    }

    private static bool IsUp(DomainState state) => state is DomainState.Starting or DomainState.Running or DomainState.Paused;

    private void Boot(Sandbox sandbox, LauncherCommand.EnsureDomain ensure)
    {
        if (random.NextDouble() < StartFailures)
        {
            Finish(sandbox, sandbox.Guest with { State = DomainState.Failed, FailureReason = "ImageCorrupt", Message = "simulated: the image is corrupt" });
            return;
        }

        if (sandboxes.Values.FirstOrDefault(other => other != sandbox && other.IsLive && other.Vmi == sandbox.Vmi) is { } twin)
            Violation ??= $"{sandbox.Vmi} has two live guests: VMI {twin.VmiUid} in pod {twin.PodUid} is {twin.Guest.State} while VMI {sandbox.VmiUid} is started in pod {sandbox.PodUid}";
        Boots++;
        sandbox.GuestRecord = new() { Domain = ensure.DomainName, State = DomainState.Running, GracePeriodSeconds = ensure.GracePeriodSeconds };
        Set(sandbox, DomainState.Starting);
        Later(100 + random.Next(2000), sandbox, guest => guest == DomainState.Starting, one =>
        {
            one.Guest = one.Guest with { MachineType = "pc-q35-9.2", QemuPid = 42 };
            Set(one, DomainState.Running);
        });
    }

    /// <summary>The record is written before anybody hears of it.</summary>
    private void Finish(Sandbox sandbox, DomainStatus last)
    {
        sandbox.GuestRecord = new()
        {
            Domain = sandbox.GuestRecord?.Domain ?? "", State = last.State, EndReason = last.EndReason, FailureReason = last.FailureReason, Message = last.Message,
        };
        sandbox.Guest = last with { QemuPid = 0, PauseReason = PauseReason.None };
        LauncherChanged?.Invoke(sandbox);
        if (sandbox.Terminating) Leave(sandbox, 3000);
    }

    private void Leave(Sandbox sandbox, int milliseconds) =>
        Later(milliseconds, sandbox, _ => true, one => Exit(one, one.Guest is { State: DomainState.Failed } or { EndReason: EndReason.Crashed } ? 1 : 0, one.Guest.EndReason));

    private void Exit(Sandbox sandbox, int code, EndReason how)
    {
        if (!sandbox.Runs) return;
        if (sandbox.IsLive) sandbox.Guest = sandbox.Guest with { State = DomainState.Ended, EndReason = how };
        (sandbox.Runs, sandbox.LauncherAnswers, sandbox.ExitCode) = (false, false, code);
        LauncherChanged?.Invoke(sandbox);
        Exited?.Invoke(sandbox);
    }

    private void SetAnswering(Sandbox sandbox)
    {
        sandbox.LauncherAnswers = true;
        LauncherChanged?.Invoke(sandbox);
    }

    private void Later(int milliseconds, Sandbox sandbox, Func<DomainState, bool> still, Action<Sandbox> act) => kernel.Start(async () =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), loop.Time);
        if (sandbox.Runs && still(sandbox.Guest.State)) act(sandbox);
    });

    private void Set(Sandbox sandbox, DomainState state)
    {
        sandbox.Guest = sandbox.Guest with { State = state };
        LauncherChanged?.Invoke(sandbox);
    }
}
