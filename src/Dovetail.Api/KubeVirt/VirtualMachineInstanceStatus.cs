using System.Text.Json.Serialization;
using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class VirtualMachineInstanceStatus
{
    [Bounds(0, 4294967295), JsonPropertyName("VSOCKCID")] public long? VSOCKCID { get; set; }
    public IDictionary<string, string>? ActivePods { get; set; }
    [AcceptsNull] public ChangedBlockTrackingStatus? ChangedBlockTracking { get; set; }
    public IList<VirtualMachineInstanceCondition>? Conditions { get; set; }
    public CPUTopology? CurrentCPUTopology { get; set; }
    public string? EvacuationNodeName { get; set; }
    public string? FsFreezeStatus { get; set; }
    public VirtualMachineInstanceGuestOSInfo? GuestOSInfo { get; set; }
    public IList<VirtualMachineInstanceNetworkInterface>? Interfaces { get; set; }
    public KernelBootStatus? KernelBootStatus { get; set; }
    public string? LauncherContainerImageVersion { get; set; }
    public Machine? Machine { get; set; }
    public MemoryStatus? Memory { get; set; }
    public IList<StorageMigratedVolumeInfo>? MigratedVolumes { get; set; }
    public string? MigrationMethod { get; set; }
    public VirtualMachineInstanceMigrationState? MigrationState { get; set; }
    public string? MigrationTransport { get; set; }
    public string? NodeName { get; set; }
    public string? Phase { get; set; }
    public IList<VirtualMachineInstancePhaseTransitionTimestamp>? PhaseTransitionTimestamps { get; set; }
    public string? QosClass { get; set; }
    public string? Reason { get; set; }
    public long? RuntimeUser { get; set; }
    public string? SelinuxContext { get; set; }
    public TopologyHints? TopologyHints { get; set; }
    public string? VirtualMachineRevisionName { get; set; }
    public IList<VolumeStatus>? VolumeStatus { get; set; }
}

public sealed class VirtualMachineInstanceCondition
{
    [AcceptsNull] public DateTime? LastProbeTime { get; set; }
    [AcceptsNull] public DateTime? LastTransitionTime { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    [Required] public string? Status { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class VirtualMachineInstancePhaseTransitionTimestamp
{
    public string? Phase { get; set; }
    public DateTime? PhaseTransitionTimestamp { get; set; }
}

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
    public int? Cores { get; set; }
    public int? Sockets { get; set; }
    public int? Threads { get; set; }
}

public sealed class TopologyHints
{
    public long? TscFrequency { get; set; }
}
