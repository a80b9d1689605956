using System.Text.Json.Serialization;
using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

/// <summary>A disk of the guest; the volume of the same name holds its data. Without a device type it is a disk.</summary>
public sealed class Disk
{
    /// <summary>Name of the volume.</summary>
    [Required] public string? Name { get; set; }

    public BlockSize? BlockSize { get; set; }

    /// <summary>Place in the boot order, from 1; devices without one come last.</summary>
    public long? BootOrder { get; set; }

    /// <summary>none, writethrough or writeback.</summary>
    public string? Cache { get; set; }

    /// <summary>A CD-ROM.</summary>
    public CDRomTarget? Cdrom { get; set; }

    public bool? ChangedBlockTracking { get; set; }
    public bool? DedicatedIOThread { get; set; }

    /// <summary>A disk.</summary>
    [JsonPropertyName("disk")] public DiskTarget? DiskDevice { get; set; }

    /// <summary>What the guest sees when the disk fails: stop, ignore, report or enospace.</summary>
    public string? ErrorPolicy { get; set; }

    /// <summary>native or threads.</summary>
    public string? Io { get; set; }

    /// <summary>A LUN.</summary>
    public LunTarget? Lun { get; set; }

    /// <summary>Serial number that the guest sees.</summary>
    public string? Serial { get; set; }

    public bool? Shareable { get; set; }
    public string? Tag { get; set; }
}

public sealed class DiskTarget
{
    /// <summary>virtio, sata, scsi or usb.</summary>
    public string? Bus { get; set; }

    public string? PciAddress { get; set; }

    /// <summary>The guest cannot write to it.</summary>
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
    /// <summary>sata, scsi or usb.</summary>
    public string? Bus { get; set; }

    /// <summary>The guest cannot write to it; true when absent.</summary>
    public bool? Readonly { get; set; }

    /// <summary>open or closed; closed when absent.</summary>
    public string? Tray { get; set; }
}

public sealed class BlockSize
{
    public CustomBlockSize? Custom { get; set; }
    public FeatureState? MatchVolume { get; set; }
}

public sealed class CustomBlockSize
{
    public long? DiscardGranularity { get; set; }
    public long? Logical { get; set; }
    public long? Physical { get; set; }
}
