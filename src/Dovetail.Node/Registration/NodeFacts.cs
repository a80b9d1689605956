using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Dovetail.Node.Host;
using Dovetail.Node.Kvm;
using Dovetail.Node.Parts;

namespace Dovetail.Node.Registration;

/// <summary>What libvirt says about guests on this node: usable CPU models and machine types.</summary>
internal sealed record GuestCapabilities(ImmutableArray<string> CpuModels, ImmutableArray<string> MachineTypes)
{
    /// <summary>Until libvirt was asked: what every QEMU of this age has.</summary>
    public static GuestCapabilities Minimal { get; } = new(["qemu64", "Nehalem"], ["pc", "q35"]);
}

/// <summary>The node as it is observed; the input of <see cref="NodeObject"/>.</summary>
internal sealed record NodeFacts
{
    public required string Name { get; init; }

    public required string Address { get; init; }

    /// <summary>TCP port of the kubelet endpoint; 0 while there is none.</summary>
    public int KubeletPort { get; init; }

    public required string PodCidr { get; init; }

    public required int MaxPods { get; init; }

    public required HostFacts Host { get; init; }

    public required KvmVerdict Kvm { get; init; }

    public required GuestCapabilities Guests { get; init; }

    /// <summary>Everything that keeps pods from running here; empty when the node is ready.</summary>
    public required ImmutableArray<string> NotReady { get; init; }

    /// <summary>containerd and the registry, when this agent runs them.</summary>
    public required ImmutableArray<PartHealth> Parts { get; init; }

    /// <summary>False from the orderly stop on.</summary>
    public required bool Schedulable { get; init; }

    public required string ContainerRuntimeVersion { get; init; }

    public required DateTimeOffset Now { get; init; }
}

/// <summary>The machine.</summary>
internal sealed record HostFacts
{
    public required int Cpus { get; init; }

    public required long MemoryBytes { get; init; }

    public required long MemoryAvailableBytes { get; init; }

    public required long DiskBytes { get; init; }

    public required long DiskFreeBytes { get; init; }

    public required long MaxPids { get; init; }

    public required long Pids { get; init; }

    public required bool Tun { get; init; }

    public required string CpuVendor { get; init; }

    public required string KernelVersion { get; init; }

    public required string OsImage { get; init; }

    public required string MachineId { get; init; }

    public required string BootId { get; init; }

    public static HostFacts Read(string dataDirectory)
    {
        var memory = File.ReadLines("/proc/meminfo").Select(line => line.Split(':')).Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => long.Parse(parts[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture));
        var disk = new DriveInfo(dataDirectory);
        return new HostFacts
        {
            Cpus = Environment.ProcessorCount,
            MemoryBytes = memory["MemTotal"] << 10,
            MemoryAvailableBytes = memory["MemAvailable"] << 10,
            DiskBytes = disk.TotalSize,
            DiskFreeBytes = disk.AvailableFreeSpace,
            MaxPids = long.Parse(First("/proc/sys/kernel/pid_max", "32768"), CultureInfo.InvariantCulture),
            // "0.20 0.18 0.12 1/80 11206": the fourth field is running/all tasks.
            Pids = long.Parse(First("/proc/loadavg", "0 0 0 0/0").Split(' ')[3].Split('/')[1], CultureInfo.InvariantCulture),
            Tun = File.Exists("/dev/net/tun"),
            CpuVendor = Vendor(),
            KernelVersion = First("/proc/sys/kernel/osrelease", ""),
            OsImage = OsRelease("PRETTY_NAME") ?? RuntimeInformation.OSDescription,
            MachineId = First("/etc/machine-id", ""),
            BootId = Boot.Id,
        };
    }

    private static string Vendor()
    {
        var id = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("vendor_id", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return id switch { "GenuineIntel" => "Intel", "AuthenticAMD" => "AMD", _ => id ?? "" };
    }

    private static string? OsRelease(string key) =>
        File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(line => line.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..].Trim('"') : null;

    private static string First(string file, string fallback) => File.Exists(file) ? File.ReadLines(file).FirstOrDefault(fallback).Trim() : fallback;
}
