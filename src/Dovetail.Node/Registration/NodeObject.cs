using System.Globalization;
using System.Runtime.InteropServices;
using Dovetail.Node.Parts;
using Dovetail.Runtime.Conditions;
using k8s.Models;

namespace Dovetail.Node.Registration;

/// <summary>The Node object from what is observed. Pure.</summary>
internal static class NodeObject
{
    public const string KvmAnnotation = "node.dovetail.dev/kvm";
    public const string PartCondition = "node.dovetail.dev/";
    public const string Heartbeat = "kubevirt.io/heartbeat";
    private const string Yes = "true";
    private const long ReservedMemory = 512L << 20;
    private const long DeviceCount = 1000;
    private const double LowDiskShare = 0.10;
    private const double LowMemoryShare = 0.02;
    private const double HighPidShare = 0.95;

    // Labels of these families are wholly ours: one that no longer holds is taken away.
    private static readonly string[] OwnFamilies = ["cpu-model.node.kubevirt.io/", "machine-type.node.kubevirt.io/", "cpu-vendor.node.kubevirt.io/"];

    public static bool IsOwnLabel(string label) => OwnFamilies.Any(family => label.StartsWith(family, StringComparison.Ordinal));

    public static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    public static Dictionary<string, string> Labels(NodeFacts f)
    {
        var labels = new Dictionary<string, string>
        {
            ["kubernetes.io/hostname"] = f.Name,
            ["kubernetes.io/arch"] = Architecture,
            ["kubernetes.io/os"] = "linux",
            ["kubevirt.io/schedulable"] = f.Schedulable && f.NotReady.IsEmpty ? Yes : "false",
            ["cpumanager"] = "false",
            ["kubevirt.io/cpumanager"] = "false",
            ["node.dovetail.dev/kvm"] = f.Kvm.Usable ? "usable" : "unusable",
        };
        if (f.Host.CpuVendor.Length > 0) labels[$"cpu-vendor.node.kubevirt.io/{f.Host.CpuVendor}"] = Yes;
        foreach (var model in f.Guests.CpuModels) labels[$"cpu-model.node.kubevirt.io/{model}"] = Yes;
        foreach (var type in f.Guests.MachineTypes) labels[$"machine-type.node.kubevirt.io/{type}"] = Yes;
        return labels;
    }

    public static Dictionary<string, string> Annotations(NodeFacts f) => new()
    {
        [KvmAnnotation] = f.Kvm.Reason,
        [Heartbeat] = f.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    public static V1NodeStatus Status(V1NodeStatus? before, NodeFacts f)
    {
        before ??= new V1NodeStatus();
        var capacity = Resources(f, reserved: 0);
        return before with
        {
            Addresses = [new V1NodeAddress { Type = "InternalIP", Address = f.Address }, new V1NodeAddress { Type = "Hostname", Address = f.Name }],
            Capacity = capacity,
            Allocatable = Resources(f, ReservedMemory),
            Conditions = Conditions(before.Conditions, f),
            DaemonEndpoints = f.KubeletPort > 0 ? new V1NodeDaemonEndpoints { KubeletEndpoint = new V1DaemonEndpoint { Port = f.KubeletPort } } : null,
            NodeInfo = new V1NodeSystemInfo
            {
                Architecture = Architecture,
                OperatingSystem = "linux",
                BootID = f.Host.BootId,
                MachineID = f.Host.MachineId,
                SystemUUID = f.Host.MachineId,
                KernelVersion = f.Host.KernelVersion,
                OsImage = f.Host.OsImage,
                ContainerRuntimeVersion = f.ContainerRuntimeVersion,
                KubeletVersion = "v1.36.0+dovetail",
                KubeProxyVersion = "",
            },
        };
    }

    private static Dictionary<string, ResourceQuantity> Resources(NodeFacts f, long reserved)
    {
        var resources = new Dictionary<string, ResourceQuantity>
        {
            ["cpu"] = Quantity(f.Host.Cpus),
            ["memory"] = Binary(f.Host.MemoryBytes - reserved),
            ["ephemeral-storage"] = Binary(f.Host.DiskBytes),
            ["pods"] = Quantity(f.MaxPods),
            [Pods.LauncherPod.KvmDevice] = Quantity(f.Kvm.Usable ? DeviceCount : 0),
            ["devices.kubevirt.io/tun"] = Quantity(f.Host.Tun ? DeviceCount : 0),
        };
        return resources;
    }

    private static IList<V1NodeCondition> Conditions(IList<V1NodeCondition>? conditions, NodeFacts f)
    {
        var lowDisk = f.Host.DiskFreeBytes < f.Host.DiskBytes * LowDiskShare;
        var lowMemory = f.Host.MemoryAvailableBytes < f.Host.MemoryBytes * LowMemoryShare;
        var manyPids = f.Host.Pids > f.Host.MaxPids * HighPidShare;
        V1NodeCondition[] wanted =
        [
            Condition("MemoryPressure", lowMemory, "KubeletHasInsufficientMemory", "KubeletHasSufficientMemory", $"{f.Host.MemoryAvailableBytes >> 20} MiB are available", "there is enough memory"),
            Condition("DiskPressure", lowDisk, "KubeletHasDiskPressure", "KubeletHasNoDiskPressure", $"less than {LowDiskShare:P0} of the data folder's disk is free", "there is enough disk"),
            Condition("PIDPressure", manyPids, "KubeletHasInsufficientPID", "KubeletHasSufficientPID", $"{f.Host.Pids} of {f.Host.MaxPids} process ids are taken", "there are enough process ids"),
            Ready(f),
            .. f.Parts.Select(Part),
        ];
        return wanted.Aggregate(conditions ?? [], (list, condition) => list.With(condition, f.Now.UtcDateTime));
    }

    private static V1NodeCondition Ready(NodeFacts f) => f switch
    {
        { Schedulable: false } => new() { Type = "Ready", Status = "False", Reason = "NodeStopping", Message = "the node agent was stopped in order; guests go on" },
        { NotReady: [_, ..] causes } => new() { Type = "Ready", Status = "False", Reason = "KubeletNotReady", Message = string.Join("; ", causes) },
        _ => new() { Type = "Ready", Status = "True", Reason = "KubeletReady", Message = "the node agent is ready" },
    };

    /// <summary><c>node.dovetail.dev/containerd</c>, <c>node.dovetail.dev/registry</c>: what the platform's component status is made from.</summary>
    private static V1NodeCondition Part(PartHealth part) => new()
    {
        Type = PartCondition + part.Name,
        Status = part.Healthy ? "True" : "False",
        Reason = part.Healthy ? "Healthy" : "Unhealthy",
        Message = part.Healthy ? $"process {part.Pid}" : part.Message,
    };

    private static V1NodeCondition Condition(string type, bool pressed, string yesReason, string noReason, string yesMessage, string noMessage) =>
        new() { Type = type, Status = pressed ? "True" : "False", Reason = pressed ? yesReason : noReason, Message = pressed ? yesMessage : noMessage };

    private static ResourceQuantity Quantity(long value) => new(value.ToString(CultureInfo.InvariantCulture));

    private static ResourceQuantity Binary(long bytes) => new($"{(bytes >> 10).ToString(CultureInfo.InvariantCulture)}Ki");
}
