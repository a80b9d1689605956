namespace Dovetail.Api.KubeVirt;

public static class KubeVirtLabels
{
    /// <summary>What a pod is: virt-launcher, virt-handler, virt-api, virt-controller.</summary>
    public const string App = "kubevirt.io";

    /// <summary>On a launcher pod: the VMI's uid.</summary>
    public const string CreatedBy = "kubevirt.io/created-by";

    /// <summary>On a VMI and its pod: the node that owns it since hand-over.</summary>
    public const string NodeName = "kubevirt.io/nodeName";

    /// <summary>On a launcher pod: the guest's host name.</summary>
    public const string VmName = "vm.kubevirt.io/name";

    /// <summary>On a launcher pod: the VMI's name, hashed when it is longer than a label value may be.</summary>
    public const string VmiId = "vmi.kubevirt.io/id";

    /// <summary>On a Node: "true" while its virt-handler takes VMIs.</summary>
    public const string Schedulable = "kubevirt.io/schedulable";

    /// <summary>Value of <see cref="App"/> on launcher pods.</summary>
    public const string Launcher = "virt-launcher";
}

public static class KubeVirtAnnotations
{
    /// <summary>On a launcher pod: the VMI's name.</summary>
    public const string Domain = "kubevirt.io/domain";

    /// <summary>On a VMI: generation of the VM that it was made from.</summary>
    public const string VmGeneration = "kubevirt.io/vm-generation";

    /// <summary>On a Node: RFC 3339 time of virt-handler's last sign of life.</summary>
    public const string Heartbeat = "kubevirt.io/heartbeat";

    /// <summary>On a Node: "host:port" of virt-handler's own HTTPS endpoint.</summary>
    public const string VirtHandlerAddress = "virt-handler.dovetail.dev/address";

    public const string MigrationTransportUnix = "kubevirt.io/migrationTransportUnix";
    public const string LatestObservedApiVersion = "kubevirt.io/latest-observed-api-version";
    public const string StorageObservedApiVersion = "kubevirt.io/storage-observed-api-version";
}

public static class KubeVirtFinalizers
{
    /// <summary>On a VMI: holds it until its pod is gone.</summary>
    public const string VmiForegroundDelete = "kubevirt.io/foregroundDeleteVirtualMachine";

    /// <summary>The same finalizer as older clients wrote it.</summary>
    public const string VmiForegroundDeleteLegacy = "foregroundDeleteVirtualMachine";

    /// <summary>On a VM, and on the VMIs that it makes: holds them until the VM controller has seen the VMI's end.</summary>
    public const string VmController = "kubevirt.io/virtualMachineControllerFinalize";
}

/// <summary>Readiness gate of launcher pods; virt-controller writes it, so that a paused guest takes its pod out of Services.</summary>
public static class LauncherReadinessGate
{
    public const string VirtualMachineUnpaused = "kubevirt.io/virtual-machine-unpaused";
}
