using Dovetail.Api.Cdi;
using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>A machine that a user owns: a template for its guest and whether the guest should run. It stays when the guest stops.</summary>
public sealed class VirtualMachine : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(VirtualMachine);
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is asked of a virtual machine.</summary>
    [Required] public VirtualMachineSpec? Spec { get; set; }

    /// <summary>What virt-controller has observed of a virtual machine.</summary>
    public VirtualMachineStatus? Status { get; set; }
}

/// <summary>What is asked of a virtual machine.</summary>
public sealed class VirtualMachineSpec
{
    [ItemsAcceptNull] public IList<DataVolumeTemplateSpec>? DataVolumeTemplates { get; set; }
    public InstancetypeMatcher? Instancetype { get; set; }
    public PreferenceMatcher? Preference { get; set; }

    /// <summary>When the guest should run: Always (restarted whenever it ends), RerunOnFailure (restarted when it fails), Once (started once), Manual (only start and stop requests), Halted (never).</summary>
    public string? RunStrategy { get; set; }

    /// <summary>Older form of runStrategy: true means Always, false means Halted. Give one of the two.</summary>
    public bool? Running { get; set; }

    /// <summary>The guest to make at each start.</summary>
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

/// <summary>Metadata and spec for the VirtualMachineInstance that a start makes.</summary>
public sealed class VirtualMachineInstanceTemplateSpec
{
    /// <summary>Labels and annotations for the VirtualMachineInstance.</summary>
    [AcceptsNull] public V1ObjectMeta? Metadata { get; set; }

    /// <summary>Spec of the VirtualMachineInstance.</summary>
    public VirtualMachineInstanceSpec? Spec { get; set; }
}
