using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>Settings that are merged into guests whose labels match.</summary>
public sealed class VirtualMachineInstancePreset : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(VirtualMachineInstancePreset);
    public V1ObjectMeta Metadata { get; set; } = new();

    public VirtualMachineInstancePresetSpec? Spec { get; set; }
}

public sealed class VirtualMachineInstancePresetSpec
{
    public DomainSpec? Domain { get; set; }
    [Required] public V1LabelSelector? Selector { get; set; }
}
