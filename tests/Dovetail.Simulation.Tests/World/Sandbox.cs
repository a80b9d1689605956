using Dovetail.LauncherApi;
using Dovetail.Node.Pods;
using Dovetail.Runtime.Seam;

namespace Dovetail.Simulation.Tests.World;

/// <summary>One launcher sandbox on the node's machine with the guest in it. It lives on when the node agent and virt-handler die.</summary>
internal sealed class Sandbox(SandboxRecord record, string vmiUid, NamespacedName vmi)
{
    public string PodUid => Record.PodUid;

    public string VmiUid => vmiUid;

    /// <summary>The VMI's name, which is the VM's too.</summary>
    public NamespacedName Vmi => vmi;

    /// <summary>What the node agent wrote down about it.</summary>
    public SandboxRecord Record { get; set; } = record;

    /// <summary>Its init, launcher and libvirtd run.</summary>
    public bool Runs { get; set; }

    public int ExitCode { get; set; }

    /// <summary>The launcher answers; init starts one that died again.</summary>
    public bool LauncherAnswers { get; set; }

    public DomainStatus Guest { get; set; } = new() { State = DomainState.Absent };

    /// <summary>What the launcher wrote down about the guest, beside its socket.</summary>
    public GuestRecord? GuestRecord { get; set; }

    /// <summary>When a guest that was asked to shut down is destroyed, on the clock that does not jump.</summary>
    public DateTimeOffset? StopDeadline { get; set; }

    /// <summary>The node agent has asked the sandbox to end.</summary>
    public bool Terminating { get; set; }

    /// <summary>The guest's processor may be running.</summary>
    public bool IsLive => Guest.State is DomainState.Starting or DomainState.Running or DomainState.Paused;

    public bool HasEnded => Guest.State is DomainState.Ended or DomainState.Failed;
}
