using Dovetail.Api.Cdi;
using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class VirtualMachine : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(VirtualMachine);
    public V1ObjectMeta Metadata { get; set; } = new();

    [Required] public VirtualMachineSpec? Spec { get; set; }
    public VirtualMachineStatus? Status { get; set; }
}

public sealed class VirtualMachineSpec
{
    public IList<DataVolumeTemplateSpec>? DataVolumeTemplates { get; set; }
    public InstancetypeMatcher? Instancetype { get; set; }
    public PreferenceMatcher? Preference { get; set; }
    public string? RunStrategy { get; set; }
    public bool? Running { get; set; }
    [Required] public VirtualMachineInstanceTemplateSpec? Template { get; set; }
    public string? UpdateVolumesStrategy { get; set; }
}

public sealed class InstancetypeMatcher
{
    public string? Name { get; set; }
    public string? InferFromVolume { get; set; }
    public string? InferFromVolumeFailurePolicy { get; set; }
    public string? Kind { get; set; }
    public string? RevisionName { get; set; }
}

public sealed class PreferenceMatcher
{
    public string? Name { get; set; }
    public string? InferFromVolume { get; set; }
    public string? InferFromVolumeFailurePolicy { get; set; }
    public string? Kind { get; set; }
    public string? RevisionName { get; set; }
}

public sealed class DataVolumeTemplateDummyStatus;

public sealed class DataVolumeTemplateSpec
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    [AcceptsNull] public V1ObjectMeta? Metadata { get; set; }
    [Required] public DataVolumeSpec? Spec { get; set; }
    [AcceptsNull] public DataVolumeTemplateDummyStatus? Status { get; set; }
}

public sealed class VirtualMachineInstanceTemplateSpec
{
    [AcceptsNull] public V1ObjectMeta? Metadata { get; set; }
    public VirtualMachineInstanceSpec? Spec { get; set; }
}
