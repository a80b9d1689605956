using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

/// <summary>What virt-controller has observed of a virtual machine.</summary>
public sealed class VirtualMachineStatus
{
    [AcceptsNull] public ChangedBlockTrackingStatus? ChangedBlockTracking { get; set; }

    /// <summary>Conditions of the machine and, while it exists, of its VirtualMachineInstance.</summary>
    public IList<VirtualMachineCondition>? Conditions { get; set; }

    /// <summary>A VirtualMachineInstance exists.</summary>
    public bool? Created { get; set; }

    /// <summary>Generation of the spec when it was last looked at.</summary>
    public long? DesiredGeneration { get; set; }

    [AcceptsNull] public InstancetypeStatusRef? InstancetypeRef { get; set; }
    [AcceptsNull] public VirtualMachineMemoryDumpRequest? MemoryDumpRequest { get; set; }

    /// <summary>Generation of the spec that was last acted on.</summary>
    public long? ObservedGeneration { get; set; }

    [AcceptsNull] public InstancetypeStatusRef? PreferenceRef { get; set; }

    /// <summary>One word on the state of the machine: Stopped, Starting, Running, Paused, Stopping, Terminating, CrashLoopBackOff, …</summary>
    [SchemaDefault("Stopped")] public string? PrintableStatus { get; set; }

    /// <summary>The guest runs and is ready.</summary>
    public bool? Ready { get; set; }

    public string? RestoreInProgress { get; set; }

    /// <summary>Run strategy that was in force at the last start.</summary>
    public string? RunStrategy { get; set; }

    public string? SnapshotInProgress { get; set; }

    /// <summary>Set while starts keep failing: how often, and when the next one is due.</summary>
    [AcceptsNull] public VirtualMachineStartFailure? StartFailure { get; set; }

    /// <summary>Start and stop requests to carry out, in order.</summary>
    public IList<VirtualMachineStateChangeRequest>? StateChangeRequests { get; set; }

    public IList<VirtualMachineVolumeRequest>? VolumeRequests { get; set; }
    public IList<VolumeSnapshotStatus>? VolumeSnapshotStatuses { get; set; }
    public VolumeUpdateState? VolumeUpdateState { get; set; }
}

public sealed class VirtualMachineCondition : ICondition
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

/// <summary>Starts in a row that ended before the guest ever ran.</summary>
public sealed class VirtualMachineStartFailure
{
    /// <summary>Failed starts in a row.</summary>
    public long? ConsecutiveFailCount { get; set; }

    /// <summary>uid of the VirtualMachineInstance that failed last.</summary>
    public string? LastFailedVMIUID { get; set; }

    /// <summary>No start before this time.</summary>
    public DateTime? RetryAfterTimestamp { get; set; }
}

/// <summary>A start or stop that is still to be carried out.</summary>
public sealed class VirtualMachineStateChangeRequest
{
    /// <summary>Start or Stop.</summary>
    [Required] public string? Action { get; set; }

    /// <summary>Options of the request; paused: "true" starts the guest paused.</summary>
    public IDictionary<string, string>? Data { get; set; }

    /// <summary>uid of the VirtualMachineInstance that a Stop is for.</summary>
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
