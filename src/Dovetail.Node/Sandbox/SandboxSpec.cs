using System.Collections.Immutable;
using Dovetail.LauncherApi;

namespace Dovetail.Node.Sandbox;

/// <summary>A read-only base image that the sandbox sees at <see cref="InsidePath"/>.</summary>
internal sealed record DiskBind(string HostPath, string InsidePath);

/// <summary>Bounds of a sandbox's cgroup. Null: no bound.</summary>
internal sealed record CgroupLimits
{
    /// <summary>Hard limit in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Weight in thousandths of a CPU.</summary>
    public required long CpuRequestMillis { get; init; }

    /// <summary>Quota in thousandths of a CPU.</summary>
    public long? CpuLimitMillis { get; init; }

    /// <summary>Processes and threads; a bound against fork bombs, far above what QEMU, libvirtd and the launcher take.</summary>
    public int MaxTasks { get; init; } = 2048;
}

/// <summary>Everything that makes one sandbox; a pure function of the pod and the node.</summary>
internal sealed record SandboxSpec
{
    public required string PodUid { get; init; }

    public required string Hostname { get; init; }

    /// <summary>The sandbox's own uid and gid on the host.</summary>
    public required int Uid { get; init; }

    /// <summary>The network namespace's name; null for a sandbox without any network.</summary>
    public required string? Netns { get; init; }

    public required string DnsServer { get; init; }

    public required string InitPath { get; init; }

    public required string LauncherPath { get; init; }

    public required ImmutableArray<KeyValuePair<string, string>> Environment { get; init; }

    public required ImmutableArray<DiskBind> Disks { get; init; }

    public required CgroupLimits Limits { get; init; }

    /// <summary>What runs inside, init first.</summary>
    public ImmutableArray<string> Programs { get; init; } = [.. SandboxLayout.InitCommand];

    /// <summary>Whether /dev/kvm is put in: only where the probe found it usable.</summary>
    public required bool Kvm { get; init; }
}
