using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>Where data of a disk or cloud-init comes from; exactly one source.</summary>
public sealed class Volume
{
    /// <summary>Name that disks refer to.</summary>
    [Required] public string? Name { get; set; }

    /// <summary>A cloud-init ConfigDrive data source (an ISO labelled config-2).</summary>
    public CloudInitConfigDriveSource? CloudInitConfigDrive { get; set; }

    /// <summary>A cloud-init NoCloud data source (an ISO labelled cidata).</summary>
    public CloudInitNoCloudSource? CloudInitNoCloud { get; set; }

    public ConfigMapVolumeSource? ConfigMap { get; set; }

    /// <summary>A disk image in a container image, under /disk/; the guest gets a private copy-on-write layer that ends with it.</summary>
    public ContainerDiskSource? ContainerDisk { get; set; }

    public ContainerPathVolumeSource? ContainerPath { get; set; }
    public DataVolumeSource? DataVolume { get; set; }
    public DownwardAPIVolumeSource? DownwardAPI { get; set; }
    public DownwardMetricsVolumeSource? DownwardMetrics { get; set; }

    /// <summary>An empty disk that ends with the guest.</summary>
    public EmptyDiskSource? EmptyDisk { get; set; }

    public EphemeralVolumeSource? Ephemeral { get; set; }
    public HostDisk? HostDisk { get; set; }
    public MemoryDumpVolumeSource? MemoryDump { get; set; }
    public PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; set; }
    public SecretVolumeSource? Secret { get; set; }
    public ServiceAccountVolumeSource? ServiceAccount { get; set; }
    public SysprepSource? Sysprep { get; set; }
}

public sealed class UtilityVolume
{
    [Required] public string? Name { get; set; }
    [Required] public string? ClaimName { get; set; }
    public bool? ReadOnly { get; set; }
    public string? Type { get; set; }
}

/// <summary>A disk image in a container image, under /disk/; the guest gets a private copy-on-write layer that ends with it.</summary>
public sealed class ContainerDiskSource
{
    /// <summary>Reference of the image.</summary>
    [Required] public string? Image { get; set; }

    /// <summary>Always, IfNotPresent or Never.</summary>
    public string? ImagePullPolicy { get; set; }

    /// <summary>Name of the Secret with the registry's credentials.</summary>
    public string? ImagePullSecret { get; set; }

    /// <summary>File in the image; the only file under /disk/ when absent.</summary>
    public string? Path { get; set; }
}

/// <summary>A cloud-init ConfigDrive data source (an ISO labelled config-2).</summary>
public sealed class CloudInitConfigDriveSource : ICloudInitSource
{
    /// <summary>Network data, inline.</summary>
    public string? NetworkData { get; set; }

    /// <summary>Network data, inline in base64.</summary>
    public string? NetworkDataBase64 { get; set; }

    /// <summary>Secret whose key networkdata (or networkData) holds the network data.</summary>
    public V1LocalObjectReference? NetworkDataSecretRef { get; set; }

    /// <summary>Secret whose key userdata (or userData) holds the user data.</summary>
    public V1LocalObjectReference? SecretRef { get; set; }

    /// <summary>User data, inline.</summary>
    public string? UserData { get; set; }

    /// <summary>User data, inline in base64.</summary>
    public string? UserDataBase64 { get; set; }
}

/// <summary>A cloud-init NoCloud data source (an ISO labelled cidata).</summary>
public sealed class CloudInitNoCloudSource : ICloudInitSource
{
    /// <summary>Network data, inline.</summary>
    public string? NetworkData { get; set; }

    /// <summary>Network data, inline in base64.</summary>
    public string? NetworkDataBase64 { get; set; }

    /// <summary>Secret whose key networkdata (or networkData) holds the network data.</summary>
    public V1LocalObjectReference? NetworkDataSecretRef { get; set; }

    /// <summary>Secret whose key userdata (or userData) holds the user data.</summary>
    public V1LocalObjectReference? SecretRef { get; set; }

    /// <summary>User data, inline.</summary>
    public string? UserData { get; set; }

    /// <summary>User data, inline in base64.</summary>
    public string? UserDataBase64 { get; set; }
}

/// <summary>An empty disk that ends with the guest.</summary>
public sealed class EmptyDiskSource
{
    /// <summary>Size of the disk.</summary>
    [Required] public ResourceQuantity? Capacity { get; set; }
}

public sealed class EphemeralVolumeSource
{
    public V1PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; set; }
}

public sealed class HostDisk
{
    public ResourceQuantity? Capacity { get; set; }
    [Required] public string? Path { get; set; }
    public bool? Shared { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class HotplugVolumeSource
{
    public DataVolumeSource? DataVolume { get; set; }
    public PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; set; }
}

public sealed class ConfigMapVolumeSource
{
    [SchemaDefault("")] public string? Name { get; set; }
    public bool? Optional { get; set; }
    public string? VolumeLabel { get; set; }
}

public sealed class SecretVolumeSource
{
    public bool? Optional { get; set; }
    public string? SecretName { get; set; }
    public string? VolumeLabel { get; set; }
}

public sealed class DownwardAPIVolumeSource
{
    public IList<V1DownwardAPIVolumeFile>? Fields { get; set; }
    public string? VolumeLabel { get; set; }
}

public sealed class DownwardMetricsVolumeSource;

public sealed class ServiceAccountVolumeSource
{
    public string? ServiceAccountName { get; set; }
}

public sealed class SysprepSource
{
    public V1LocalObjectReference? ConfigMap { get; set; }
    public V1LocalObjectReference? Secret { get; set; }
}

public sealed class DataVolumeSource
{
    [Required] public string? Name { get; set; }
    public bool? Hotpluggable { get; set; }
}

public sealed class PersistentVolumeClaimVolumeSource
{
    [Required] public string? ClaimName { get; set; }
    public bool? Hotpluggable { get; set; }
    public bool? ReadOnly { get; set; }
}

public sealed class MemoryDumpVolumeSource
{
    [Required] public string? ClaimName { get; set; }
    public bool? Hotpluggable { get; set; }
    public bool? ReadOnly { get; set; }
}

public sealed class ContainerPathVolumeSource
{
    [Required, Length(0, 4096)] public string? Path { get; set; }
    [SchemaDefault(true)] public bool? ReadOnly { get; set; }
}
