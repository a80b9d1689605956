using System.Text.Json.Serialization;
using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

public sealed class Disk
{
    [Required] public string? Name { get; set; }
    public BlockSize? BlockSize { get; set; }
    public int? BootOrder { get; set; }
    public string? Cache { get; set; }
    public CDRomTarget? Cdrom { get; set; }
    public bool? ChangedBlockTracking { get; set; }
    public bool? DedicatedIOThread { get; set; }
    [JsonPropertyName("disk")] public DiskTarget? DiskValue { get; set; }
    public string? ErrorPolicy { get; set; }
    public string? Io { get; set; }
    public LunTarget? Lun { get; set; }
    public string? Serial { get; set; }
    public bool? Shareable { get; set; }
    public string? Tag { get; set; }
}

public sealed class DiskTarget
{
    public string? Bus { get; set; }
    public string? PciAddress { get; set; }
    public bool? Readonly { get; set; }
}

public sealed class LunTarget
{
    public string? Bus { get; set; }
    public bool? Readonly { get; set; }
    public bool? Reservation { get; set; }
}

public sealed class CDRomTarget
{
    public string? Bus { get; set; }
    public bool? Readonly { get; set; }
    public string? Tray { get; set; }
}

public sealed class BlockSize
{
    public CustomBlockSize? Custom { get; set; }
    public FeatureState? MatchVolume { get; set; }
}

public sealed class CustomBlockSize
{
    public int? DiscardGranularity { get; set; }
    public int? Logical { get; set; }
    public int? Physical { get; set; }
}
