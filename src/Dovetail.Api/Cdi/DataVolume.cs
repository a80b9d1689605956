using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.Cdi;

public sealed class DataVolumeBlankImage;

public sealed class DataVolumeCheckpoint
{
    [Required] public string? Current { get; set; }
    [Required] public string? Previous { get; set; }
}

public sealed class DataVolumeImportSource
{
    public DataVolumeBlankImage? Blank { get; set; }
    public DataVolumeSourceGCS? Gcs { get; set; }
    public DataVolumeSourceHTTP? Http { get; set; }
    public DataVolumeSourceImageIO? Imageio { get; set; }
    public DataVolumeSourcePVC? Pvc { get; set; }
    public DataVolumeSourceRegistry? Registry { get; set; }
    public DataVolumeSourceS3? S3 { get; set; }
    public DataVolumeSourceSnapshot? Snapshot { get; set; }
    public DataVolumeSourceUpload? Upload { get; set; }
    public DataVolumeSourceVDDK? Vddk { get; set; }
}

public sealed class DataVolumeSourceGCS
{
    public string? SecretRef { get; set; }
    [Required] public string? Url { get; set; }
}

public sealed class DataVolumeSourceHTTP
{
    public string? CertConfigMap { get; set; }
    public IList<string>? ExtraHeaders { get; set; }
    public IList<string>? SecretExtraHeaders { get; set; }
    public string? SecretRef { get; set; }
    [Required] public string? Url { get; set; }
}

public sealed class DataVolumeSourceImageIO
{
    public string? CertConfigMap { get; set; }
    [Required] public string? DiskId { get; set; }
    public bool? InsecureSkipVerify { get; set; }
    public string? SecretRef { get; set; }
    [Required] public string? Url { get; set; }
}

public sealed class DataVolumeSourcePVC
{
    [Required] public string? Name { get; set; }
    [Required] public string? Namespace { get; set; }
}

public sealed class DataVolumeSourceRef
{
    [Required] public string? Name { get; set; }
    [Required] public string? Kind { get; set; }
    public string? Namespace { get; set; }
}

public sealed class DataVolumeSourceRegistry
{
    public string? CertConfigMap { get; set; }
    public string? ImageStream { get; set; }
    public PlatformOptions? Platform { get; set; }
    public string? PullMethod { get; set; }
    public string? SecretRef { get; set; }
    public string? Url { get; set; }
}

public sealed class DataVolumeSourceS3
{
    public string? CertConfigMap { get; set; }
    public string? SecretRef { get; set; }
    [Required] public string? Url { get; set; }
}

public sealed class DataVolumeSourceSnapshot
{
    [Required] public string? Name { get; set; }
    [Required] public string? Namespace { get; set; }
}

public sealed class DataVolumeSourceUpload;

public sealed class DataVolumeSourceVDDK
{
    public string? BackingFile { get; set; }
    public string? ExtraArgs { get; set; }
    public string? InitImageURL { get; set; }
    public string? SecretRef { get; set; }
    public string? Thumbprint { get; set; }
    public string? Url { get; set; }
    public string? Uuid { get; set; }
}

public sealed class DataVolumeSpec
{
    public IList<DataVolumeCheckpoint>? Checkpoints { get; set; }
    [OneOf("kubevirt", "archive")] public string? ContentType { get; set; }
    public bool? FinalCheckpoint { get; set; }
    public bool? Preallocation { get; set; }
    public string? PriorityClassName { get; set; }
    public V1PersistentVolumeClaimSpec? Pvc { get; set; }
    public DataVolumeImportSource? Source { get; set; }
    public DataVolumeSourceRef? SourceRef { get; set; }
    public StorageSpec? Storage { get; set; }
}

public sealed class PlatformOptions
{
    public string? Architecture { get; set; }
}

public sealed class StorageSpec
{
    public IList<string>? AccessModes { get; set; }
    public V1TypedLocalObjectReference? DataSource { get; set; }
    public V1TypedObjectReference? DataSourceRef { get; set; }
    public V1VolumeResourceRequirements? Resources { get; set; }
    public V1LabelSelector? Selector { get; set; }
    public string? StorageClassName { get; set; }
    public string? VolumeMode { get; set; }
    public string? VolumeName { get; set; }
}
