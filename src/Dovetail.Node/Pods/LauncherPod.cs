using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Dovetail.LauncherApi;
using Dovetail.Node.Sandbox;
using k8s.Models;

namespace Dovetail.Node.Pods;

/// <summary>Reads a launcher pod's object, as virt-controller makes it: container <c>compute</c>, and one container <c>volume&lt;name&gt;</c> for each container disk.</summary>
internal static partial class LauncherPod
{
    public const string RuntimeClass = "dovetail-launcher";
    public const string Compute = "compute";
    public const string KvmDevice = "devices.kubevirt.io/kvm";
    private const string VolumePrefix = "volume";

    /// <summary>What emulation takes beyond the guest's memory: TCG's translation buffer grows up to 1 GiB.</summary>
    private const long EmulationRoom = 1L << 30;
    private const long VirtualizationRoom = 256L << 20;

    public static bool Is(V1Pod pod) => pod.Spec?.RuntimeClassName == RuntimeClass;

    /// <summary>Why this node does not run the pod whatever happens; null when it does.</summary>
    public static string? Refusal(V1Pod pod) =>
        pod.Spec.ImagePullSecrets is { Count: > 0 } ? "spec.imagePullSecrets is not supported yet: put the image into a registry that needs no credentials"
        : pod.Spec.Containers.All(c => c.Name != Compute) ? $"a pod with runtimeClassName {RuntimeClass} needs a container named {Compute}"
        : null;

    /// <summary>The container disks, in the order of the containers.</summary>
    public static ImmutableArray<DiskImage> Disks(V1Pod pod) =>
        [.. (pod.Spec.Containers ?? []).Where(IsDisk).Select((container, position) => new DiskImage(
            container.Name, container.Image ?? "", Argument(container, "--image-path") ?? "", PullPolicy(container),
            SandboxLayout.ContainerDisk(VolumeIndex(container) ?? position)))];

    public static SandboxSpec Spec(V1Pod pod, SandboxRecord record, string dnsServer, NodeAgentOptions options, bool kvm)
    {
        var compute = pod.Spec.Containers.First(c => c.Name == Compute);
        var withKvm = kvm && Requests(compute, KvmDevice) is not null;
        return new SandboxSpec
        {
            PodUid = record.PodUid,
            Hostname = Hostname(pod),
            Uid = record.Uid,
            Netns = record.Netns,
            DnsServer = dnsServer,
            InitPath = options.InitPath,
            LauncherPath = options.LauncherPath,
            Environment = [.. (compute.Env ?? []).Where(e => e.ValueFrom is null).Select(e => KeyValuePair.Create(e.Name, e.Value ?? ""))],
            Disks = [.. record.Disks.Select(disk => new DiskBind(disk.HostPath, disk.InsidePath))],
            Limits = Limits(pod, compute, withKvm),
            Kvm = withKvm,
        };
    }

    /// <summary>The memory limit that the pod sets; without one its requests and overhead, and room for what QEMU takes beyond its guest.</summary>
    public static CgroupLimits Limits(V1Pod pod, V1Container compute, bool kvm)
    {
        var requested = Bytes(Requests(compute, "memory"));
        var overhead = pod.Spec.Overhead is { } o && o.TryGetValue("memory", out var extra) ? Bytes(extra) ?? 0 : 0;
        return new CgroupLimits
        {
            MemoryBytes = Bytes(Limit(compute, "memory")) is { } limit ? limit + overhead : requested + overhead + (kvm ? VirtualizationRoom : EmulationRoom),
            CpuRequestMillis = Millis(Requests(compute, "cpu")) ?? 100,
            CpuLimitMillis = Millis(Limit(compute, "cpu")),
        };
    }

    private static bool IsDisk(V1Container container) => container.Name != Compute && container.Name.StartsWith(VolumePrefix, StringComparison.Ordinal);

    private static string Hostname(V1Pod pod)
    {
        var name = string.IsNullOrEmpty(pod.Spec.Hostname) ? pod.Metadata.Name : pod.Spec.Hostname;
        return name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
    }

    /// <summary>As the API server defaults it: a tag "latest" is asked for every time.</summary>
    private static string PullPolicy(V1Container container) =>
        !string.IsNullOrEmpty(container.ImagePullPolicy) ? container.ImagePullPolicy
        : Images.ImageReference.TryParse(container.Image ?? "") is { Tag: "latest", Digest: null } ? "Always" : "IfNotPresent";

    /// <summary>KubeVirt's container disks carry <c>--copy-path …/disk_N</c>, N being the index of the volume in the VMI's spec.volumes.</summary>
    private static int? VolumeIndex(V1Container container) =>
        Argument(container, "--copy-path") is { } path && DiskNumber().Match(path) is { Success: true } match
            ? int.Parse(match.Groups["index"].ValueSpan, CultureInfo.InvariantCulture) : null;

    private static string? Argument(V1Container container, string name)
    {
        var arguments = (container.Command ?? []).Concat(container.Args ?? []).ToList();
        var at = arguments.IndexOf(name);
        return at >= 0 && at + 1 < arguments.Count ? arguments[at + 1] : arguments.FirstOrDefault(a => a.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
    }

    private static ResourceQuantity? Requests(V1Container container, string resource) => container.Resources?.Requests is { } r && r.TryGetValue(resource, out var q) ? q : null;

    private static ResourceQuantity? Limit(V1Container container, string resource) => container.Resources?.Limits is { } l && l.TryGetValue(resource, out var q) ? q : null;

    private static long? Bytes(ResourceQuantity? quantity) => quantity is null ? null : (long)quantity.ToDecimal();

    private static long? Millis(ResourceQuantity? quantity) => quantity is null ? null : (long)Math.Min(quantity.ToDecimal() * 1000, long.MaxValue);

    [GeneratedRegex(@"disk_(?<index>\d+)(\.img)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DiskNumber();
}
