using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>A request to move a running guest to another node.</summary>
public sealed class VirtualMachineInstanceMigration : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(VirtualMachineInstanceMigration);
    public V1ObjectMeta Metadata { get; set; } = new();

    [Required] public VirtualMachineInstanceMigrationSpec? Spec { get; set; }
    public VirtualMachineInstanceMigrationStatus? Status { get; set; }
}

public sealed class VirtualMachineInstanceMigrationCondition : ICondition
{
    [AcceptsNull] public DateTime? LastProbeTime { get; set; }
    [AcceptsNull] public DateTime? LastTransitionTime { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    [Required] public string? Status { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class VirtualMachineInstanceMigrationPhaseTransitionTimestamp
{
    public string? Phase { get; set; }
    public DateTime? PhaseTransitionTimestamp { get; set; }
}

public sealed class VirtualMachineInstanceMigrationSpec
{
    public IDictionary<string, string>? AddedNodeSelector { get; set; }
    public string? Priority { get; set; }
    public VirtualMachineInstanceMigrationTarget? Receive { get; set; }
    public VirtualMachineInstanceMigrationSource? SendTo { get; set; }
    public string? VmiName { get; set; }
}

public sealed class VirtualMachineInstanceMigrationStatus
{
    public IList<VirtualMachineInstanceMigrationCondition>? Conditions { get; set; }
    public VirtualMachineInstanceMigrationState? MigrationState { get; set; }
    public string? Phase { get; set; }
    public IList<VirtualMachineInstanceMigrationPhaseTransitionTimestamp>? PhaseTransitionTimestamps { get; set; }
    public IList<string>? SynchronizationAddresses { get; set; }
}
