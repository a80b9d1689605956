using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

public sealed class VirtualMachineStatus
{
    [AcceptsNull] public ChangedBlockTrackingStatus? ChangedBlockTracking { get; set; }
    public IList<VirtualMachineCondition>? Conditions { get; set; }
    public bool? Created { get; set; }
    public long? DesiredGeneration { get; set; }
    [AcceptsNull] public InstancetypeStatusRef? InstancetypeRef { get; set; }
    [AcceptsNull] public VirtualMachineMemoryDumpRequest? MemoryDumpRequest { get; set; }
    public long? ObservedGeneration { get; set; }
    [AcceptsNull] public InstancetypeStatusRef? PreferenceRef { get; set; }
    [SchemaDefault("Stopped")] public string? PrintableStatus { get; set; }
    public bool? Ready { get; set; }
    public string? RestoreInProgress { get; set; }
    public string? RunStrategy { get; set; }
    public string? SnapshotInProgress { get; set; }
    [AcceptsNull] public VirtualMachineStartFailure? StartFailure { get; set; }
    public IList<VirtualMachineStateChangeRequest>? StateChangeRequests { get; set; }
    public IList<VirtualMachineVolumeRequest>? VolumeRequests { get; set; }
    public IList<VolumeSnapshotStatus>? VolumeSnapshotStatuses { get; set; }
    public VolumeUpdateState? VolumeUpdateState { get; set; }
}

public sealed class VirtualMachineCondition
{
    [AcceptsNull] public DateTime? LastProbeTime { get; set; }
    [AcceptsNull] public DateTime? LastTransitionTime { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    [Required] public string? Status { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class VirtualMachineStartFailure
{
    public int? ConsecutiveFailCount { get; set; }
    public string? LastFailedVMIUID { get; set; }
    public DateTime? RetryAfterTimestamp { get; set; }
}

public sealed class VirtualMachineStateChangeRequest
{
    [Required] public string? Action { get; set; }
    public IDictionary<string, string>? Data { get; set; }
    public string? Uid { get; set; }
}

public sealed class VirtualMachineVolumeRequest
{
    public AddVolumeOptions? AddVolumeOptions { get; set; }
    public RemoveVolumeOptions? RemoveVolumeOptions { get; set; }
}

public sealed class VirtualMachineMemoryDumpRequest
{
    [Required] public string? ClaimName { get; set; }
    public DateTime? EndTimestamp { get; set; }
    public string? FileName { get; set; }
    public string? Message { get; set; }
    [Required] public string? Phase { get; set; }
    public bool? Remove { get; set; }
    public DateTime? StartTimestamp { get; set; }
}

public sealed class VolumeSnapshotStatus
{
    [Required] public string? Name { get; set; }
    [Required] public bool? Enabled { get; set; }
    public string? Reason { get; set; }
}

public sealed class VolumeUpdateState
{
    public VolumeMigrationState? VolumeMigrationState { get; set; }
}

public sealed class VolumeMigrationState
{
    public IList<StorageMigratedVolumeInfo>? MigratedVolumes { get; set; }
}

public sealed class InstancetypeStatusRef
{
    public string? Name { get; set; }
    public ControllerRevisionRef? ControllerRevisionRef { get; set; }
    public string? InferFromVolume { get; set; }
    public string? InferFromVolumeFailurePolicy { get; set; }
    public string? Kind { get; set; }
}

public sealed class ControllerRevisionRef
{
    public string? Name { get; set; }
}

public sealed class AddVolumeOptions
{
    [Required] public string? Name { get; set; }
    [Required] public Disk? Disk { get; set; }
    public IList<string>? DryRun { get; set; }
    [Required] public HotplugVolumeSource? VolumeSource { get; set; }
}

public sealed class RemoveVolumeOptions
{
    [Required] public string? Name { get; set; }
    public IList<string>? DryRun { get; set; }
}
