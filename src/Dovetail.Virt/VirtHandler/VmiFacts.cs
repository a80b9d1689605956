using System.Collections.Immutable;
using System.Net;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.VirtHandler;

/// <summary>Why a guest could not be brought to what is asked, for the condition Synchronized.</summary>
public sealed record SyncProblem(string Reason, string Message);

/// <summary>Everything that a decision about a VMI of this node rests on.</summary>
public sealed record VmiFacts
{
    /// <summary>As last seen in the API; in phase Scheduled or Running, or final.</summary>
    public required VirtualMachineInstance Vmi { get; init; }

    /// <summary>What the launcher says; null while it does not answer.</summary>
    public DomainStatus? Guest { get; init; }

    /// <summary>What a launcher that is gone left behind.</summary>
    public GuestRecord? Record { get; init; }

    /// <summary>No launcher will answer for this guest again.</summary>
    public bool SandboxIsGone { get; init; }

    public ImmutableArray<IPAddress> PodAddresses { get; init; } = [];

    /// <summary>When a guest that could not write its disk was last let go on.</summary>
    public DateTime? ResumedAt { get; init; }

    /// <summary>False: this node emulates CPUs.</summary>
    public required bool UseKvm { get; init; }

    /// <summary>What went wrong on the way to these facts (the network, a Secret).</summary>
    public SyncProblem? Problem { get; init; }

    public required DateTime Now { get; init; }
}
