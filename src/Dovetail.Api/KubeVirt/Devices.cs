using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

/// <summary>Devices of the guest.</summary>
public sealed class Devices
{
    /// <summary>false: no graphics.</summary>
    public bool? AutoattachGraphicsDevice { get; set; }

    public bool? AutoattachInputDevice { get; set; }

    /// <summary>false: no memory balloon.</summary>
    public bool? AutoattachMemBalloon { get; set; }

    /// <summary>false: no interface is added when none is listed.</summary>
    public bool? AutoattachPodInterface { get; set; }

    /// <summary>false: no serial console.</summary>
    public bool? AutoattachSerialConsole { get; set; }

    public bool? AutoattachVSOCK { get; set; }
    public bool? BlockMultiQueue { get; set; }
    public ClientPassthroughDevices? ClientPassthrough { get; set; }
    public bool? DisableHotplug { get; set; }

    /// <summary>Disks, CD-ROMs and LUNs.</summary>
    [MaxItems(256)] public IList<Disk>? Disks { get; set; }

    public DownwardMetrics? DownwardMetrics { get; set; }
    public IList<Filesystem>? Filesystems { get; set; }
    public IList<GPU>? Gpus { get; set; }
    public IList<HostDevice>? HostDevices { get; set; }

    /// <summary>Input devices.</summary>
    public IList<Input>? Inputs { get; set; }

    /// <summary>Network interfaces; one on the pod network when absent.</summary>
    [MaxItems(256)] public IList<Interface>? Interfaces { get; set; }

    public bool? LogSerialConsole { get; set; }
    public bool? NetworkInterfaceMultiqueue { get; set; }
    public IList<PanicDevice>? PanicDevices { get; set; }

    /// <summary>A source of random numbers from the host.</summary>
    public Rng? Rng { get; set; }

    public SoundDevice? Sound { get; set; }
    public TPMDevice? Tpm { get; set; }
    public bool? UseVirtioTransitional { get; set; }
    public VideoDevice? Video { get; set; }
    public Watchdog? Watchdog { get; set; }
}

public sealed class Input
{
    /// <summary>Name of the device.</summary>
    [Required] public string? Name { get; set; }

    /// <summary>usb or virtio; usb when absent.</summary>
    public string? Bus { get; set; }

    /// <summary>tablet.</summary>
    [Required] public string? Type { get; set; }
}

public sealed class Diag288Watchdog
{
    public string? Action { get; set; }
}

public sealed class I6300ESBWatchdog
{
    public string? Action { get; set; }
}

public sealed class Watchdog
{
    [Required] public string? Name { get; set; }
    public Diag288Watchdog? Diag288 { get; set; }
    public I6300ESBWatchdog? I6300esb { get; set; }
}

public sealed class Rng;

public sealed class TPMDevice
{
    public bool? Enabled { get; set; }
    public bool? Persistent { get; set; }
}

public sealed class SoundDevice
{
    [Required] public string? Name { get; set; }
    public string? Model { get; set; }
}

public sealed class VideoDevice
{
    public string? Type { get; set; }
}

public sealed class PanicDevice
{
    public string? Model { get; set; }
}

public sealed class ClientPassthroughDevices;

public sealed class DownwardMetrics;

public sealed class GPU
{
    [Required] public string? Name { get; set; }
    public string? ClaimName { get; set; }
    public string? DeviceName { get; set; }
    public string? RequestName { get; set; }
    public string? Tag { get; set; }
    public VGPUOptions? VirtualGPUOptions { get; set; }
}

public sealed class VGPUDisplayOptions
{
    public bool? Enabled { get; set; }
    public FeatureState? RamFB { get; set; }
}

public sealed class VGPUOptions
{
    public VGPUDisplayOptions? Display { get; set; }
}

public sealed class HostDevice
{
    [Required] public string? Name { get; set; }
    public string? ClaimName { get; set; }
    public string? DeviceName { get; set; }
    public string? RequestName { get; set; }
    public string? Tag { get; set; }
}

public sealed class ClaimRequest
{
    public string? ClaimName { get; set; }
    public string? RequestName { get; set; }
}

public sealed class Filesystem
{
    [Required] public string? Name { get; set; }
    [Required] public FilesystemVirtiofs? Virtiofs { get; set; }
}

public sealed class FilesystemVirtiofs;
