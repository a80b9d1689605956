using Dovetail.Api.KubeVirt;
using k8s.Models;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>
/// What a launcher pod asks the node for. The formula is upstream's term by term; the constant for the processes around QEMU is ours, because ours are smaller
/// (docs/adr/0009-memory-overhead.md).
/// What the user gives under domain.resources wins.
/// </summary>
public static class LauncherResources
{
    private const decimal Mi = 1 << 20;

    /// <summary>Of a CPU for each vCPU: one in ten (cpuAllocationRatio).</summary>
    private const decimal CpuPerVcpu = 0.1m;

    /// <summary>
    /// bwrap, init, virt-launcher and a private libvirtd. Beside a running guest they take 10 MiB together (proportional set sizes at 20 VMs: libvirtd 5, virt-launcher 5, the others
    /// below 1). The rest is room for what comes and goes in the same cgroup: qemu-img and xorrisofs while disks are made, an answer of the guest agent, the sandbox's tmpfs folders and
    /// logs. Upstream reserves 190 MiB here.
    /// </summary>
    private const decimal SandboxProcesses = 32 * Mi;

    private const decimal Qemu = 50 * Mi;
    private const decimal EachVcpu = 8 * Mi;
    private const decimal IoThread = 8 * Mi;
    private const decimal Video = 32 * Mi;

    /// <summary>The page tables of the guest's memory: one in 512.</summary>
    private const decimal PageTables = 512;

    public static V1ResourceRequirements Of(VirtualMachineInstanceSpec spec, bool emulated)
    {
        var requests = Copy(spec.Domain?.Resources?.Requests);
        var limits = Copy(spec.Domain?.Resources?.Limits);
        var overhead = MemoryOverhead(spec);
        var memory = Amount(requests, "memory") ?? Amount(limits, "memory") ?? Amount(spec.Domain?.Memory?.Guest);
        var withOverhead = spec.Domain?.Resources?.OvercommitGuestOverhead == true ? 0 : overhead;
        if (memory is { } bytes) requests["memory"] = Bytes(bytes + withOverhead);
        if (Amount(limits, "memory") is { } limit) limits["memory"] = Bytes(limit + overhead);
        if (!requests.ContainsKey("cpu")) requests["cpu"] = Amount(limits, "cpu") is { } cpu ? Cpu(cpu) : Cpu(Vcpus(spec) * CpuPerVcpu);
        requests["ephemeral-storage"] = "50M";
        foreach (var device in Devices(spec, emulated)) requests[device] = limits[device] = "1";
        return new() { Requests = requests, Limits = limits.Count == 0 ? null : limits };
    }

    /// <summary>Bytes that the guest costs beside its own memory.</summary>
    public static decimal MemoryOverhead(VirtualMachineInstanceSpec spec)
    {
        var guest = Amount(spec.Domain?.Resources?.Requests, "memory") ?? Amount(spec.Domain?.Memory?.Guest) ?? 0;
        var video = spec.Domain?.Devices?.AutoattachGraphicsDevice == false ? 0 : Video;
        return Math.Ceiling(guest / PageTables) + SandboxProcesses + Qemu + (EachVcpu * Vcpus(spec)) + IoThread + video;
    }

    public static long Vcpus(VirtualMachineInstanceSpec spec)
    {
        var cpu = spec.Domain?.Cpu;
        return Math.Max(1, (long)(cpu?.Sockets ?? 1)) * Math.Max(1, cpu?.Cores ?? 1) * Math.Max(1, cpu?.Threads ?? 1);
    }

    private static IEnumerable<string> Devices(VirtualMachineInstanceSpec spec, bool emulated)
    {
        if (!emulated) yield return "devices.kubevirt.io/kvm";
        if (spec.Domain?.Devices?.Interfaces is { Count: > 0 } || spec.Domain?.Devices?.AutoattachPodInterface != false) yield return "devices.kubevirt.io/tun";
    }

    private static Dictionary<string, ResourceQuantity> Copy(IDictionary<string, ResourceQuantity>? from) => from is null ? [] : new(from);

    private static decimal? Amount(IDictionary<string, ResourceQuantity>? of, string resource) => of?.TryGetValue(resource, out var quantity) == true ? Amount(quantity) : null;

    private static decimal? Amount(ResourceQuantity? quantity) => quantity?.ToDecimal();

    private static ResourceQuantity Bytes(decimal bytes) => new(Math.Ceiling(bytes), 0, ResourceQuantity.SuffixFormat.BinarySI);

    private static ResourceQuantity Cpu(decimal cpus) => new(cpus, 0, ResourceQuantity.SuffixFormat.DecimalSI);
}
