using System.Text.Json.Serialization;
using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>Where the guest is and how it fares. Until hand-over to a node virt-controller writes it, afterwards virt-handler.</summary>
public sealed class VirtualMachineInstanceStatus
{
    [Bounds(0, 4294967295), JsonPropertyName("VSOCKCID")] public long? VSOCKCID { get; set; }

    /// <summary>Nodes of the launcher pods of this guest, by the pod's uid.</summary>
    public IDictionary<string, string>? ActivePods { get; set; }

    [AcceptsNull] public ChangedBlockTrackingStatus? ChangedBlockTracking { get; set; }

    /// <summary>Conditions of the guest.</summary>
    public IList<VirtualMachineInstanceCondition>? Conditions { get; set; }

    /// <summary>Sockets, cores and threads as started.</summary>
    public CPUTopology? CurrentCPUTopology { get; set; }

    public string? EvacuationNodeName { get; set; }
    public string? FsFreezeStatus { get; set; }

    /// <summary>The operating system, as the guest agent tells it.</summary>
    public VirtualMachineInstanceGuestOSInfo? GuestOSInfo { get; set; }

    /// <summary>Interfaces and addresses of the guest.</summary>
    public IList<VirtualMachineInstanceNetworkInterface>? Interfaces { get; set; }

    public KernelBootStatus? KernelBootStatus { get; set; }
    public string? LauncherContainerImageVersion { get; set; }

    /// <summary>Machine type as started.</summary>
    public Machine? Machine { get; set; }

    /// <summary>Memory of the guest as started and now.</summary>
    public MemoryStatus? Memory { get; set; }

    public IList<StorageMigratedVolumeInfo>? MigratedVolumes { get; set; }
    public string? MigrationMethod { get; set; }
    public VirtualMachineInstanceMigrationState? MigrationState { get; set; }
    public string? MigrationTransport { get; set; }

    /// <summary>The node that runs the guest.</summary>
    public string? NodeName { get; set; }

    /// <summary>Pending, Scheduling, Scheduled, Running, Succeeded, Failed or Unknown.</summary>
    public string? Phase { get; set; }

    /// <summary>When each phase was entered.</summary>
    public IList<VirtualMachineInstancePhaseTransitionTimestamp>? PhaseTransitionTimestamps { get; set; }

    /// <summary>Quality-of-service class of the launcher pod.</summary>
    public string? QosClass { get; set; }

    /// <summary>Why the guest failed, in one word.</summary>
    public string? Reason { get; set; }

    /// <summary>User id that the launcher runs as.</summary>
    public long? RuntimeUser { get; set; }

    public string? SelinuxContext { get; set; }
    public TopologyHints? TopologyHints { get; set; }
    public string? VirtualMachineRevisionName { get; set; }

    /// <summary>State of each volume.</summary>
    public IList<VolumeStatus>? VolumeStatus { get; set; }
}

public sealed class VirtualMachineInstanceCondition : ICondition
{
    /// <summary>When it was last looked at.</summary>
    [AcceptsNull] public DateTime? LastProbeTime { get; set; }

    /// <summary>When the status last changed.</summary>
    [AcceptsNull] public DateTime? LastTransitionTime { get; set; }

    /// <summary>Cause in words.</summary>
    public string? Message { get; set; }

    /// <summary>Cause in one word.</summary>
    public string? Reason { get; set; }

    /// <summary>True, False or Unknown.</summary>
    [Required] public string? Status { get; set; }

    /// <summary>What the condition is about.</summary>
    [Required] public string? Type { get; set; }
}

/// <summary>When a phase was entered.</summary>
public sealed class VirtualMachineInstancePhaseTransitionTimestamp
{
    public string? Phase { get; set; }
    public DateTime? PhaseTransitionTimestamp { get; set; }
}

/// <summary>The operating system, as the guest agent tells it.</summary>
public sealed class VirtualMachineInstanceGuestOSInfo
{
    public string? Name { get; set; }
    public string? Id { get; set; }
    public string? KernelRelease { get; set; }
    public string? KernelVersion { get; set; }
    public string? Machine { get; set; }
    public string? PrettyName { get; set; }
    public string? Version { get; set; }
    public string? VersionId { get; set; }
}

/// <summary>An interface as the guest, its agent or the domain shows it.</summary>
public sealed class VirtualMachineInstanceNetworkInterface
{
    public string? Name { get; set; }
    public string? InfoSource { get; set; }
    public string? InterfaceName { get; set; }
    public string? IpAddress { get; set; }
    public IList<string>? IpAddresses { get; set; }
    public string? LinkState { get; set; }
    public string? Mac { get; set; }
    public string? PodInterfaceName { get; set; }
    public int? QueueCount { get; set; }
}

public sealed class KernelBootStatus
{
    public InitrdInfo? InitrdInfo { get; set; }
    public KernelInfo? KernelInfo { get; set; }
}

public sealed class KernelInfo
{
    [Bounds(0, 4294967295)] public long? Checksum { get; set; }
}

public sealed class InitrdInfo
{
    [Bounds(0, 4294967295)] public long? Checksum { get; set; }
}

public sealed class MemoryStatus
{
    public ResourceQuantity? GuestAtBoot { get; set; }
    public ResourceQuantity? GuestCurrent { get; set; }
    public ResourceQuantity? GuestRequested { get; set; }
    public ResourceQuantity? MemoryOverhead { get; set; }
}

public sealed class CPUTopology
{
    public uint? Cores { get; set; }
    public uint? Sockets { get; set; }
    public uint? Threads { get; set; }
}

public sealed class TopologyHints
{
    public long? TscFrequency { get; set; }
}
