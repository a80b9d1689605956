using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class Volume
{
    [Required] public string? Name { get; set; }
    public CloudInitConfigDriveSource? CloudInitConfigDrive { get; set; }
    public CloudInitNoCloudSource? CloudInitNoCloud { get; set; }
    public ConfigMapVolumeSource? ConfigMap { get; set; }
    public ContainerDiskSource? ContainerDisk { get; set; }
    public ContainerPathVolumeSource? ContainerPath { get; set; }
    public DataVolumeSource? DataVolume { get; set; }
    public DownwardAPIVolumeSource? DownwardAPI { get; set; }
    public DownwardMetricsVolumeSource? DownwardMetrics { get; set; }
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

public sealed class ContainerDiskSource
{
    [Required] public string? Image { get; set; }
    public string? ImagePullPolicy { get; set; }
    public string? ImagePullSecret { get; set; }
    public string? Path { get; set; }
}

public sealed class CloudInitConfigDriveSource
{
    public string? NetworkData { get; set; }
    public string? NetworkDataBase64 { get; set; }
    public V1LocalObjectReference? NetworkDataSecretRef { get; set; }
    public V1LocalObjectReference? SecretRef { get; set; }
    public string? UserData { get; set; }
    public string? UserDataBase64 { get; set; }
}

public sealed class CloudInitNoCloudSource
{
    public string? NetworkData { get; set; }
    public string? NetworkDataBase64 { get; set; }
    public V1LocalObjectReference? NetworkDataSecretRef { get; set; }
    public V1LocalObjectReference? SecretRef { get; set; }
    public string? UserData { get; set; }
    public string? UserDataBase64 { get; set; }
}

public sealed class EmptyDiskSource
{
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
