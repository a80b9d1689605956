using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>The hardware that the guest sees.</summary>
public sealed class DomainSpec
{
    public Chassis? Chassis { get; set; }

    /// <summary>Clock and timers of the guest.</summary>
    public Clock? Clock { get; set; }

    /// <summary>Virtual CPUs: sockets × cores × threads.</summary>
    public CPU? Cpu { get; set; }

    /// <summary>Devices of the guest.</summary>
    [Required] public Devices? Devices { get; set; }

    /// <summary>Features of the hypervisor: ACPI, APIC, SMM, Hyper-V enlightenments.</summary>
    public Features? Features { get; set; }

    /// <summary>Firmware and identity of the machine.</summary>
    public Firmware? Firmware { get; set; }

    public DiskIOThreads? IoThreads { get; set; }
    public string? IoThreadsPolicy { get; set; }
    public LaunchSecurity? LaunchSecurity { get; set; }

    /// <summary>Machine type.</summary>
    public Machine? Machine { get; set; }

    /// <summary>Memory of the guest.</summary>
    public Memory? Memory { get; set; }

    [OneOf("Reboot", "Terminate")] public string? RebootPolicy { get; set; }

    /// <summary>Resources that the launcher pod asks the node for.</summary>
    public ResourceRequirements? Resources { get; set; }
}

/// <summary>Resources that the launcher pod asks the node for.</summary>
public sealed class ResourceRequirements
{
    /// <summary>Most that the launcher may use: cpu, memory.</summary>
    public IDictionary<string, ResourceQuantity>? Limits { get; set; }

    public bool? OvercommitGuestOverhead { get; set; }

    /// <summary>Least that the node must have free: cpu, memory.</summary>
    public IDictionary<string, ResourceQuantity>? Requests { get; set; }
}

public sealed class Machine
{
    /// <summary>Machine type that QEMU emulates, such as q35.</summary>
    public string? Type { get; set; }
}

/// <summary>Virtual CPUs: sockets × cores × threads.</summary>
public sealed class CPU
{
    /// <summary>Cores in each socket.</summary>
    public uint? Cores { get; set; }

    public bool? DedicatedCpuPlacement { get; set; }

    /// <summary>CPU features to add or take away.</summary>
    public IList<CPUFeature>? Features { get; set; }

    public bool? IsolateEmulatorThread { get; set; }
    public uint? MaxSockets { get; set; }

    /// <summary>CPU model: a name that libvirt knows, host-model or host-passthrough.</summary>
    public string? Model { get; set; }

    public NUMA? Numa { get; set; }
    public Realtime? Realtime { get; set; }

    /// <summary>Sockets.</summary>
    public uint? Sockets { get; set; }

    /// <summary>Threads in each core.</summary>
    public uint? Threads { get; set; }
}

public sealed class CPUFeature
{
    /// <summary>Name of the feature as libvirt knows it.</summary>
    [Required] public string? Name { get; set; }

    /// <summary>force, require, optional, disable or forbid; require when absent.</summary>
    public string? Policy { get; set; }
}

public sealed class NUMA
{
    public NUMAGuestMappingPassthrough? GuestMappingPassthrough { get; set; }
}

public sealed class NUMAGuestMappingPassthrough;

public sealed class Realtime
{
    public string? Mask { get; set; }
}

/// <summary>Memory of the guest.</summary>
public sealed class Memory
{
    /// <summary>Memory that the guest sees.</summary>
    public ResourceQuantity? Guest { get; set; }

    public Hugepages? Hugepages { get; set; }
    public ResourceQuantity? MaxGuest { get; set; }
    public ReservedOverhead? ReservedOverhead { get; set; }
}

public sealed class Hugepages
{
    public string? PageSize { get; set; }
}

public sealed class ReservedOverhead
{
    public ResourceQuantity? AddedOverhead { get; set; }
    [OneOf("NotRequired", "Required")] public string? MemLock { get; set; }
}

public sealed class Chassis
{
    public string? Asset { get; set; }
    public string? Manufacturer { get; set; }
    public string? Serial { get; set; }
    public string? Sku { get; set; }
    public string? Version { get; set; }
}

public sealed class DiskIOThreads
{
    public uint? SupplementalPoolThreadCount { get; set; }
}
