using System.Security.Cryptography;
using System.Text;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>Settings of launcher pods.</summary>
public sealed record LauncherPodOptions
{
    /// <summary>Image of the compute container. The runtime class realises it; nothing is pulled under this name.</summary>
    public string Image { get; init; } = "virt-launcher";

    public string RuntimeClass { get; init; } = "dovetail-launcher";
}

/// <summary>Renders the pod of a VMI: container <c>compute</c>, then a container <c>volume&lt;name&gt;</c> for each container disk, which tells the node agent what to pull and where to bind it.</summary>
public static class LauncherPodRenderer
{
    private const int MaxNameLength = 63;
    private const long DefaultGraceSeconds = 30;

    /// <summary>The launcher's and the sandbox's own time to end, on top of the guest's.</summary>
    private const long ExtraGraceSeconds = 15;

    private static readonly string[] AnnotationsNotCopied = ["kubectl.kubernetes.io/", KubeVirtAnnotations.LatestObservedApiVersion, KubeVirtAnnotations.StorageObservedApiVersion];

    public static V1Pod Render(VirtualMachineInstance vmi, bool emulated, LauncherPodOptions options)
    {
        var spec = vmi.Spec ?? new();
        return new()
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Metadata = Metadata(vmi),
            Spec = new V1PodSpec
            {
                RuntimeClassName = options.RuntimeClass,
                RestartPolicy = "Never",
                Hostname = Hostname(vmi),
                Subdomain = spec.Subdomain,
                EnableServiceLinks = false,
                AutomountServiceAccountToken = false,
                TerminationGracePeriodSeconds = GuestGrace(spec) + (2 * ExtraGraceSeconds),
                ReadinessGates = [new() { ConditionType = LauncherReadinessGate.VirtualMachineUnpaused }],
                SecurityContext = new() { RunAsNonRoot = true },
                NodeSelector = NodeSelector(spec),
                Affinity = spec.Affinity,
                Tolerations = spec.Tolerations,
                TopologySpreadConstraints = spec.TopologySpreadConstraints,
                PriorityClassName = spec.PriorityClassName,
                SchedulerName = string.IsNullOrEmpty(spec.SchedulerName) ? null : spec.SchedulerName,
                DnsPolicy = spec.DnsPolicy,
                DnsConfig = spec.DnsConfig,
                ImagePullSecrets = PullSecrets(spec),
                Containers = [Compute(vmi, spec, emulated, options), .. ContainerDisks(spec)],
                Volumes = [.. Folders.Select(folder => new V1Volume { Name = folder.Volume, EmptyDir = new() })],
            },
        };
    }

    /// <summary>One name for each VMI uid, so that a pod is never made twice, at most 63 characters.</summary>
    public static string PodName(VirtualMachineInstance vmi) => Shortened($"virt-launcher-{vmi.Metadata.Name}", vmi.Metadata.Uid, always: true);

    /// <summary>Host name of guest and pod: a DNS label.</summary>
    public static string Hostname(VirtualMachineInstance vmi)
    {
        var name = string.IsNullOrEmpty(vmi.Spec?.Hostname) ? vmi.Metadata.Name : vmi.Spec.Hostname;
        var label = name.Split('.')[0];
        return label.Length <= MaxNameLength ? label : label[..MaxNameLength].TrimEnd('-');
    }

    private static (string Volume, string Path)[] Folders =>
    [
        ("sockets", SandboxLayout.Sockets), ("private", SandboxLayout.Private), ("ephemeral-disks", SandboxLayout.EphemeralDisks), ("container-disks", SandboxLayout.ContainerDisks),
    ];

    private static V1ObjectMeta Metadata(VirtualMachineInstance vmi) => new()
    {
        NamespaceProperty = vmi.Metadata.NamespaceProperty,
        Name = PodName(vmi),
        Labels = new Dictionary<string, string>(vmi.Metadata.Labels ?? new Dictionary<string, string>())
        {
            [KubeVirtLabels.App] = KubeVirtLabels.Launcher,
            [KubeVirtLabels.CreatedBy] = vmi.Metadata.Uid,
            [KubeVirtLabels.VmName] = Hostname(vmi),
            [KubeVirtLabels.VmiId] = Shortened(vmi.Metadata.Name, vmi.Metadata.Name, always: false),
        },
        Annotations = new Dictionary<string, string>((vmi.Metadata.Annotations ?? new Dictionary<string, string>()).Where(a => !Array.Exists(AnnotationsNotCopied, a.Key.StartsWith)))
        {
            [KubeVirtAnnotations.Domain] = vmi.Metadata.Name,
            [KubeVirtAnnotations.MigrationTransportUnix] = "true",
            ["kubectl.kubernetes.io/default-container"] = "compute",
            ["descheduler.alpha.kubernetes.io/request-evict-only"] = "",
        },
        OwnerReferences = [KubeVirtTypes.VirtualMachineInstances.ControllerReference(vmi)],
    };

    private static V1Container Compute(VirtualMachineInstance vmi, VirtualMachineInstanceSpec spec, bool emulated, LauncherPodOptions options) => new()
    {
        Name = "compute",
        Image = options.Image,
        ImagePullPolicy = "IfNotPresent",
        Command = [SandboxLayout.Launcher],
        Args =
        [
            "--name", vmi.Metadata.Name, "--uid", vmi.Metadata.Uid, "--namespace", vmi.Metadata.NamespaceProperty,
            "--grace-period-seconds", $"{GuestGrace(spec) + ExtraGraceSeconds}",
        ],
        Resources = LauncherResources.Of(spec, emulated),
        SecurityContext = new() { RunAsNonRoot = true, AllowPrivilegeEscalation = false, Capabilities = new() { Drop = ["ALL"] } },
        VolumeMounts = [.. Folders.Select(folder => new V1VolumeMount { Name = folder.Volume, MountPath = folder.Path })],
    };

    /// <summary>These containers run nothing: their image is pulled and its disk bound at the path after <c>--copy-path</c> (plus <c>.img</c>), so they ask for no resources.</summary>
    private static IEnumerable<V1Container> ContainerDisks(VirtualMachineInstanceSpec spec) =>
        (spec.Volumes ?? []).Select((volume, index) => (volume, index)).Where(v => v.volume.ContainerDisk is not null).Select(v => new V1Container
        {
            Name = "volume" + v.volume.Name,
            Image = v.volume.ContainerDisk!.Image,
            ImagePullPolicy = v.volume.ContainerDisk.ImagePullPolicy,
            Command = ["/usr/bin/container-disk"],
            Args =
            [
                "--copy-path", $"{SandboxLayout.ContainerDisks}/disk_{v.index}",
                .. string.IsNullOrEmpty(v.volume.ContainerDisk.Path) ? Array.Empty<string>() : ["--image-path", v.volume.ContainerDisk.Path],
            ],
        });

    private static List<V1LocalObjectReference>? PullSecrets(VirtualMachineInstanceSpec spec)
    {
        var names = (spec.Volumes ?? []).Select(v => v.ContainerDisk?.ImagePullSecret).Where(s => !string.IsNullOrEmpty(s)).Distinct(StringComparer.Ordinal);
        List<V1LocalObjectReference> secrets = [.. names.Select(name => new V1LocalObjectReference { Name = name })];
        return secrets.Count == 0 ? null : secrets;
    }

    private static Dictionary<string, string> NodeSelector(VirtualMachineInstanceSpec spec)
    {
        var selector = new Dictionary<string, string> { [KubeVirtLabels.Schedulable] = "true" };
        if (!string.IsNullOrEmpty(spec.Architecture)) selector["kubernetes.io/arch"] = spec.Architecture;
        foreach (var (key, value) in spec.NodeSelector ?? new Dictionary<string, string>()) selector[key] = value;
        return selector;
    }

    private static long GuestGrace(VirtualMachineInstanceSpec spec) => spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds;

    private static string Shortened(string name, string unique, bool always)
    {
        if (!always && name.Length <= MaxNameLength) return name;
        var suffix = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(unique)))[..8];
        var room = MaxNameLength - suffix.Length - 1;
        return $"{(name.Length <= room ? name : name[..room].TrimEnd('-', '.'))}-{suffix}";
    }
}
