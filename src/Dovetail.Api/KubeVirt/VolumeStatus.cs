using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class VolumeStatus
{
    [Required] public string? Name { get; set; }
    public ContainerDiskInfo? ContainerDiskVolume { get; set; }
    public HotplugVolumeStatus? HotplugVolume { get; set; }
    public DomainMemoryDumpInfo? MemoryDumpVolume { get; set; }
    public string? Message { get; set; }
    public PersistentVolumeClaimInfo? PersistentVolumeClaimInfo { get; set; }
    public string? Phase { get; set; }
    public string? Reason { get; set; }
    public long? Size { get; set; }
    [Required] public string? Target { get; set; }
}

public sealed class ContainerDiskInfo
{
    [Bounds(0, 4294967295)] public long? Checksum { get; set; }
}

public sealed class HotplugVolumeStatus
{
    public string? AttachPodName { get; set; }
    public string? AttachPodUID { get; set; }
}

public sealed class PersistentVolumeClaimInfo
{
    public IList<string>? AccessModes { get; set; }
    public IDictionary<string, ResourceQuantity>? Capacity { get; set; }
    public string? ClaimName { get; set; }
    [Pattern("^(0(?:\\.\\d{1,3})?|1)$")] public string? FilesystemOverhead { get; set; }
    public bool? Preallocated { get; set; }
    public IDictionary<string, ResourceQuantity>? Requests { get; set; }
    public string? VolumeMode { get; set; }
}

public sealed class DomainMemoryDumpInfo
{
    public string? ClaimName { get; set; }
    public DateTime? EndTimestamp { get; set; }
    public DateTime? StartTimestamp { get; set; }
    public string? TargetFileName { get; set; }
}

public sealed class StorageMigratedVolumeInfo
{
    public PersistentVolumeClaimInfo? DestinationPVCInfo { get; set; }
    public PersistentVolumeClaimInfo? SourcePVCInfo { get; set; }
    [Required] public string? VolumeName { get; set; }
}

public sealed class ChangedBlockTrackingStatus
{
    [AcceptsNull] public VirtualMachineInstanceBackupStatus? BackupStatus { get; set; }
    [Required] public string? State { get; set; }
}

public sealed class VirtualMachineInstanceBackupStatus
{
    public string? BackupMsg { get; set; }
    public string? BackupName { get; set; }
    public string? CheckpointName { get; set; }
    public bool? Completed { get; set; }
    public DateTime? EndTimestamp { get; set; }
    public bool? Failed { get; set; }
    public string? QuiesceStatus { get; set; }
    public DateTime? StartTimestamp { get; set; }
    public IList<VirtualMachineInstanceBackupVolumeInfo>? Volumes { get; set; }
}

public sealed class VirtualMachineInstanceBackupVolumeInfo
{
    [Required] public string? VolumeName { get; set; }
}
