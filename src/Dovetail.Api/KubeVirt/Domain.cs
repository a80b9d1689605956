using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class DomainSpec
{
    public Chassis? Chassis { get; set; }
    public Clock? Clock { get; set; }
    public CPU? Cpu { get; set; }
    [Required] public Devices? Devices { get; set; }
    public Features? Features { get; set; }
    public Firmware? Firmware { get; set; }
    public DiskIOThreads? IoThreads { get; set; }
    public string? IoThreadsPolicy { get; set; }
    public LaunchSecurity? LaunchSecurity { get; set; }
    public Machine? Machine { get; set; }
    public Memory? Memory { get; set; }
    [OneOf("Reboot", "Terminate")] public string? RebootPolicy { get; set; }
    public ResourceRequirements? Resources { get; set; }
}

public sealed class ResourceRequirements
{
    public IDictionary<string, ResourceQuantity>? Limits { get; set; }
    public bool? OvercommitGuestOverhead { get; set; }
    public IDictionary<string, ResourceQuantity>? Requests { get; set; }
}

public sealed class Machine
{
    public string? Type { get; set; }
}

public sealed class CPU
{
    public int? Cores { get; set; }
    public bool? DedicatedCpuPlacement { get; set; }
    public IList<CPUFeature>? Features { get; set; }
    public bool? IsolateEmulatorThread { get; set; }
    public int? MaxSockets { get; set; }
    public string? Model { get; set; }
    public NUMA? Numa { get; set; }
    public Realtime? Realtime { get; set; }
    public int? Sockets { get; set; }
    public int? Threads { get; set; }
}

public sealed class CPUFeature
{
    [Required] public string? Name { get; set; }
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

public sealed class Memory
{
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
    public int? SupplementalPoolThreadCount { get; set; }
}
