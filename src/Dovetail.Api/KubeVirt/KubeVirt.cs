using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>The installation of KubeVirt and its configuration.</summary>
public sealed class KubeVirt : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(KubeVirt);
    public V1ObjectMeta Metadata { get; set; } = new();

    [Required] public KubeVirtSpec? Spec { get; set; }
    public KubeVirtStatus? Status { get; set; }
}

public sealed class KubeVirtSpec
{
    public KubeVirtCertificateRotateStrategy? CertificateRotateStrategy { get; set; }
    public KubeVirtConfiguration? Configuration { get; set; }
    public CustomizeComponents? CustomizeComponents { get; set; }
    public string? ImagePullPolicy { get; set; }
    public IList<V1LocalObjectReference>? ImagePullSecrets { get; set; }
    public string? ImageRegistry { get; set; }
    public string? ImageTag { get; set; }
    public ComponentConfig? Infra { get; set; }
    public string? MonitorAccount { get; set; }
    public string? MonitorNamespace { get; set; }
    public string? ProductComponent { get; set; }
    public string? ProductName { get; set; }
    public string? ProductVersion { get; set; }
    public string? ServiceMonitorNamespace { get; set; }
    public string? SynchronizationPort { get; set; }
    public string? UninstallStrategy { get; set; }
    public KubeVirtWorkloadUpdateStrategy? WorkloadUpdateStrategy { get; set; }
    public ComponentConfig? Workloads { get; set; }
}

public sealed class KubeVirtStatus
{
    public IList<KubeVirtCondition>? Conditions { get; set; }
    public string? DefaultArchitecture { get; set; }
    public IList<GenerationStatus>? Generations { get; set; }
    public string? ObservedDeploymentConfig { get; set; }
    public string? ObservedDeploymentID { get; set; }
    public long? ObservedGeneration { get; set; }
    public string? ObservedKubeVirtRegistry { get; set; }
    public string? ObservedKubeVirtVersion { get; set; }
    public string? OperatorVersion { get; set; }
    public long? OutdatedVirtualMachineInstanceWorkloads { get; set; }
    public string? Phase { get; set; }
    public IList<string>? SynchronizationAddresses { get; set; }
    public string? TargetDeploymentConfig { get; set; }
    public string? TargetDeploymentID { get; set; }
    public string? TargetKubeVirtRegistry { get; set; }
    public string? TargetKubeVirtVersion { get; set; }
}

public sealed class KubeVirtCondition : ICondition
{
    [AcceptsNull] public DateTime? LastProbeTime { get; set; }
    [AcceptsNull] public DateTime? LastTransitionTime { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    [Required] public string? Status { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class KubeVirtCertificateRotateStrategy
{
    public KubeVirtSelfSignConfiguration? SelfSigned { get; set; }
}

public sealed class KubeVirtSelfSignConfiguration
{
    public CertConfig? Ca { get; set; }
    public string? CaOverlapInterval { get; set; }
    public string? CaRotateInterval { get; set; }
    public string? CertRotateInterval { get; set; }
    public CertConfig? Server { get; set; }
}

public sealed class CertConfig
{
    public string? Duration { get; set; }
    public string? RenewBefore { get; set; }
}

public sealed class ComponentConfig
{
    public NodePlacement? NodePlacement { get; set; }
    public long? Replicas { get; set; }
}

public sealed class NodePlacement
{
    public V1Affinity? Affinity { get; set; }
    public IDictionary<string, string>? NodeSelector { get; set; }
    public IList<V1Toleration>? Tolerations { get; set; }
}

public sealed class CustomizeComponents
{
    public Flags? Flags { get; set; }
    public IList<CustomizeComponentsPatch>? Patches { get; set; }
}

public sealed class CustomizeComponentsPatch
{
    [Required] public string? Patch { get; set; }
    [Required, Length(1, int.MaxValue)] public string? ResourceName { get; set; }
    [Required, Length(1, int.MaxValue)] public string? ResourceType { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class Flags
{
    public IDictionary<string, string>? Api { get; set; }
    public IDictionary<string, string>? Controller { get; set; }
    public IDictionary<string, string>? Handler { get; set; }
}

public sealed class GenerationStatus
{
    [Required] public string? Name { get; set; }
    [Required] public string? Group { get; set; }
    public string? Hash { get; set; }
    [Required] public long? LastGeneration { get; set; }
    public string? Namespace { get; set; }
    [Required] public string? Resource { get; set; }
}

public sealed class KubeVirtWorkloadUpdateStrategy
{
    public string? BatchEvictionInterval { get; set; }
    public long? BatchEvictionSize { get; set; }
    public IList<string>? WorkloadUpdateMethods { get; set; }
}
