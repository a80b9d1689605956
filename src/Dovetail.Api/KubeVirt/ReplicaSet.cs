using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>Keeps a number of equal guests running.</summary>
public sealed class VirtualMachineInstanceReplicaSet : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(VirtualMachineInstanceReplicaSet);
    public V1ObjectMeta Metadata { get; set; } = new();

    [Required] public VirtualMachineInstanceReplicaSetSpec? Spec { get; set; }
    [AcceptsNull] public VirtualMachineInstanceReplicaSetStatus? Status { get; set; }
}

public sealed class VirtualMachineInstanceReplicaSetCondition : ICondition
{
    [AcceptsNull] public DateTime? LastProbeTime { get; set; }
    [AcceptsNull] public DateTime? LastTransitionTime { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    [Required] public string? Status { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class VirtualMachineInstanceReplicaSetSpec
{
    public bool? Paused { get; set; }
    public int? Replicas { get; set; }
    [Required] public V1LabelSelector? Selector { get; set; }
    [Required] public VirtualMachineInstanceTemplateSpec? Template { get; set; }
}

public sealed class VirtualMachineInstanceReplicaSetStatus
{
    public IList<VirtualMachineInstanceReplicaSetCondition>? Conditions { get; set; }
    public string? LabelSelector { get; set; }
    public int? ReadyReplicas { get; set; }
    public int? Replicas { get; set; }
}
