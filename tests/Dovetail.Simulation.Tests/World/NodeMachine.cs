using Dovetail.Runtime.Seam;
using Dovetail.Simulation.Tests.Kernel;

namespace Dovetail.Simulation.Tests.World;

/// <summary>
/// The node's hardware and kernel: sandboxes and guests, which outlive every agent. Two live guests of one VM would write to one disk, so that is checked
/// here, at every start.
/// </summary>
public sealed class NodeMachine(SimulatedProcess kernel, TimeProvider time, Random random)
{
    private readonly Dictionary<string, Sandbox> sandboxes = [];

    /// <summary>Told after a guest's state has changed; the agent that runs now listens.</summary>
    public Action<Sandbox>? Changed { get; set; }

    /// <summary>The first broken promise; null while all are kept.</summary>
    public string? Violation { get; private set; }

    public int Boots { get; private set; }

    public IReadOnlyCollection<Sandbox> Sandboxes => sandboxes.Values;

    public Sandbox? Find(string podUid) => sandboxes.GetValueOrDefault(podUid);

    public Sandbox? FindByVmi(string vmiUid) => sandboxes.Values.FirstOrDefault(sandbox => sandbox.VmiUid == vmiUid);

    public void Create(string podUid, NamespacedName pod, string vmiUid, NamespacedName vmi) => sandboxes.TryAdd(podUid, new Sandbox(podUid, pod, vmiUid, vmi));

    /// <summary>Starts the guest; it has booted after a while.</summary>
    public void Boot(Sandbox sandbox)
    {
        if (sandbox.State != GuestState.Absent) return;
        if (sandboxes.Values.FirstOrDefault(other => other != sandbox && other.IsLive && other.Vmi == sandbox.Vmi) is { } twin)
            Violation ??= $"{sandbox.Vmi} has two live guests: VMI {twin.VmiUid} in pod {twin.PodUid} is {twin.State} while VMI {sandbox.VmiUid} is started in pod {sandbox.PodUid}";
        Boots++;
        Set(sandbox, GuestState.Booting);
        Later(100 + random.Next(4000), sandbox, GuestState.Booting, GuestState.Running);
    }

    /// <summary>Asks the guest to shut down; some take long, some never do.</summary>
    public void ShutDown(Sandbox sandbox)
    {
        if (sandbox.State is not (GuestState.Booting or GuestState.Running)) return;
        Set(sandbox, GuestState.ShuttingDown);
        if (random.Next(5) > 0) Later(random.Next(8000), sandbox, GuestState.ShuttingDown, GuestState.Off);
    }

    /// <summary>The guest's processor stops: by its own doing, or killed.</summary>
    public void End(Sandbox sandbox, GuestState how)
    {
        if (sandbox.IsLive) Set(sandbox, how);
    }

    /// <summary>Kills what is left and takes the sandbox away.</summary>
    public void Destroy(Sandbox sandbox)
    {
        sandboxes.Remove(sandbox.PodUid);
        End(sandbox, GuestState.Off);
    }

    private void Later(int milliseconds, Sandbox sandbox, GuestState expected, GuestState next) => kernel.Start(async () =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time);
        if (sandbox.State == expected) Set(sandbox, next);
    });

    private void Set(Sandbox sandbox, GuestState state)
    {
        sandbox.State = state;
        Changed?.Invoke(sandbox);
    }
}
