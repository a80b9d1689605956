using Dovetail.Runtime.Seam;

namespace Dovetail.Simulation.Tests.World;

public enum GuestState
{
    /// <summary>The sandbox is there and its launcher answers; no guest has been started in it.</summary>
    Absent,
    Booting,
    Running,
    ShuttingDown,

    /// <summary>Ended in order.</summary>
    Off,

    /// <summary>Ended by itself, out of order.</summary>
    Crashed,
}

/// <summary>One launcher sandbox on the node's machine with the guest in it. It lives on when the node agent dies.</summary>
public sealed class Sandbox(string podUid, NamespacedName pod, string vmiUid, NamespacedName vmi)
{
    public NamespacedName Pod { get; } = pod;

    public string PodUid { get; } = podUid;

    public string VmiUid { get; } = vmiUid;

    /// <summary>The VMI's name, which is the VM's too.</summary>
    public NamespacedName Vmi { get; } = vmi;

    public GuestState State { get; set; } = GuestState.Absent;

    /// <summary>The guest's processor may be running.</summary>
    public bool IsLive => State is GuestState.Booting or GuestState.Running or GuestState.ShuttingDown;

    public bool HasEnded => State is GuestState.Off or GuestState.Crashed;
}
