using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class VirtualMachineInstanceMigrationSourceState
{
    public string? DomainName { get; set; }
    public string? DomainNamespace { get; set; }
    public string? MigrationUID { get; set; }
    public string? Node { get; set; }
    public IDictionary<string, string>? NodeSelectors { get; set; }
    public string? PersistentStatePVCName { get; set; }
    public string? Pod { get; set; }
    public string? SelinuxContext { get; set; }
    public string? SyncAddress { get; set; }
    public string? VirtualMachineInstanceUID { get; set; }
}

public sealed class VirtualMachineInstanceMigrationState
{
    public bool? AbortRequested { get; set; }
    public string? AbortStatus { get; set; }
    public bool? Completed { get; set; }
    [AcceptsNull] public DateTime? EndTimestamp { get; set; }
    public bool? Failed { get; set; }
    public string? FailureReason { get; set; }
    public VMIMConfigurationOptions? MigrationConfiguration { get; set; }
    public string? MigrationNetworkType { get; set; }
    public string? MigrationPolicyName { get; set; }
    public string? MigrationUid { get; set; }
    public string? Mode { get; set; }
    public string? SourceNode { get; set; }
    public string? SourcePersistentStatePVCName { get; set; }
    public string? SourcePod { get; set; }
    public VirtualMachineInstanceMigrationSourceState? SourceState { get; set; }
    [AcceptsNull] public DateTime? StartTimestamp { get; set; }
    public string? TargetAttachmentPodUID { get; set; }
    public IList<long>? TargetCPUSet { get; set; }
    public IDictionary<string, long>? TargetDirectMigrationNodePorts { get; set; }
    public ResourceQuantity? TargetMemoryOverhead { get; set; }
    public string? TargetNode { get; set; }
    public string? TargetNodeAddress { get; set; }
    public bool? TargetNodeDomainDetected { get; set; }
    public DateTime? TargetNodeDomainReadyTimestamp { get; set; }
    public string? TargetNodeTopology { get; set; }
    public string? TargetPersistentStatePVCName { get; set; }
    public string? TargetPod { get; set; }
    public VirtualMachineInstanceMigrationTargetState? TargetState { get; set; }
}

public sealed class VirtualMachineInstanceMigrationTargetState
{
    public string? AttachmentPodUID { get; set; }
    public IList<long>? CpuSet { get; set; }
    public IDictionary<string, long>? DirectMigrationNodePorts { get; set; }
    public bool? DomainDetected { get; set; }
    public string? DomainName { get; set; }
    public string? DomainNamespace { get; set; }
    public DateTime? DomainReadyTimestamp { get; set; }
    public string? MigrationUID { get; set; }
    public string? Node { get; set; }
    public string? NodeAddress { get; set; }
    public string? NodeTopology { get; set; }
    public string? PersistentStatePVCName { get; set; }
    public string? Pod { get; set; }
    public string? SelinuxContext { get; set; }
    public string? SyncAddress { get; set; }
    public string? VirtualMachineInstanceUID { get; set; }
}

public sealed class VirtualMachineInstanceMigrationSource
{
    [Required] public string? ConnectURL { get; set; }
    [Required] public string? MigrationID { get; set; }
}

public sealed class VirtualMachineInstanceMigrationTarget
{
    [Required] public string? MigrationID { get; set; }
}

public sealed class ExperimentalMigrationOptions
{
    [OneOf("none", "zstd")] public string? Compression { get; set; }
    public DowntimeTuningOptions? DowntimeTuning { get; set; }
    public StallDetectorOptions? StallDetector { get; set; }
}

public sealed class DowntimeTuningOptions
{
    [Bounds(1)] public int? CooldownSeconds { get; set; }
    [Bounds(1)] public long? InitialMs { get; set; }
    [Bounds(1)] public long? StartAfterIteration { get; set; }
    [Bounds(1)] public int? Steps { get; set; }
}

public sealed class StallDetectorOptions
{
    public ResourceQuantity? CompletionTimeoutFactor { get; set; }
    public ResourceQuantity? EwmaAlpha { get; set; }
    public ResourceQuantity? PatienceWindowDecayFactor { get; set; }
    public ResourceQuantity? PrecopyPossibleFactor { get; set; }
    public bool? SearchLocalMinima { get; set; }
    [Bounds(0, 100)] public long? StallMargin { get; set; }
    [Bounds(0)] public long? StallProgressTimeout { get; set; }
    [Bounds(0)] public long? SwitchoverTimeout { get; set; }
}

public sealed class VMIMConfigurationOptions
{
    public bool? AllowAutoConverge { get; set; }
    public bool? AllowPostCopy { get; set; }
    public bool? AllowWorkloadDisruption { get; set; }
    public ResourceQuantity? BandwidthPerMigration { get; set; }
    public long? CompletionTimeoutPerGiB { get; set; }
    public bool? DisableTLS { get; set; }
    public ExperimentalMigrationOptions? Experimental { get; set; }
    public bool? MatchSELinuxLevelOnMigration { get; set; }
    [Bounds(1, 2000000)] public long? MaxDowntimeMs { get; set; }
    public string? Network { get; set; }
    public string? NodeDrainTaintKey { get; set; }
    public uint? ParallelMigrationsPerCluster { get; set; }
    public uint? ParallelOutboundMigrationsPerNode { get; set; }
    public long? ProgressTimeout { get; set; }
    public bool? UnsafeMigrationOverride { get; set; }
    public long? UtilityVolumesTimeout { get; set; }
}

public sealed class MigrationConfiguration
{
    public bool? AllowAutoConverge { get; set; }
    public bool? AllowPostCopy { get; set; }
    public bool? AllowWorkloadDisruption { get; set; }
    public ResourceQuantity? BandwidthPerMigration { get; set; }
    public long? CompletionTimeoutPerGiB { get; set; }
    public bool? DisableTLS { get; set; }
    public bool? MatchSELinuxLevelOnMigration { get; set; }
    [Bounds(1, 2000000)] public long? MaxDowntimeMs { get; set; }
    public string? Network { get; set; }
    public string? NodeDrainTaintKey { get; set; }
    public uint? ParallelMigrationsPerCluster { get; set; }
    public uint? ParallelOutboundMigrationsPerNode { get; set; }
    public long? ProgressTimeout { get; set; }
    public bool? UnsafeMigrationOverride { get; set; }
    public long? UtilityVolumesTimeout { get; set; }
}
