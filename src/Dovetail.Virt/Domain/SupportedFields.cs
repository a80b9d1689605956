using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Dovetail.Virt.Domain;

/// <summary>
/// The fields under <c>spec</c> of a VirtualMachineInstance that do something, as data: the domain renderer, virt-handler and the launcher pod act on exactly these. Admission refuses a
/// field that is set and not in here, by its name. In a path, <c>[]</c> is any element of a list, <c>*</c> any key of a map, and a last <c>**</c> everything below.
/// </summary>
public static class SupportedFields
{
    /// <summary>Paths of scalars and of empty objects (<c>masquerade: {}</c>). An object or list on the way to one is supported with it.</summary>
    public static ImmutableArray<string> Paths { get; } =
    [
        // Where it runs: passed on to the launcher pod.
        "architecture", "affinity.**", "nodeSelector.*", "tolerations.**", "topologySpreadConstraints.**", "schedulerName", "evictionStrategy",
        "hostname", "subdomain", "startStrategy", "terminationGracePeriodSeconds",

        // Machine.
        "domain.machine.type",
        "domain.cpu.cores", "domain.cpu.sockets", "domain.cpu.threads", "domain.cpu.model", "domain.cpu.features[].name", "domain.cpu.features[].policy",
        "domain.memory.guest", "domain.resources.requests.*", "domain.resources.limits.*",
        "domain.firmware.uuid", "domain.firmware.serial", "domain.firmware.bootloader.bios.useSerial", "domain.firmware.bootloader.efi.secureBoot", "domain.firmware.bootloader.efi.persistent",
        "domain.chassis.asset", "domain.chassis.manufacturer", "domain.chassis.serial", "domain.chassis.sku", "domain.chassis.version",
        "domain.clock.timezone", "domain.clock.utc.offsetSeconds",
        "domain.clock.timer.hpet.present", "domain.clock.timer.hpet.tickPolicy", "domain.clock.timer.hyperv.present", "domain.clock.timer.kvm.present",
        "domain.clock.timer.pit.present", "domain.clock.timer.pit.tickPolicy", "domain.clock.timer.rtc.present", "domain.clock.timer.rtc.tickPolicy", "domain.clock.timer.rtc.track",
        "domain.features.acpi.enabled", "domain.features.apic.enabled", "domain.features.apic.endOfInterrupt", "domain.features.smm.enabled", "domain.features.pvspinlock.enabled",
        "domain.features.kvm.hidden",
        "domain.features.hyperv.relaxed.enabled", "domain.features.hyperv.vapic.enabled", "domain.features.hyperv.spinlocks.enabled", "domain.features.hyperv.spinlocks.spinlocks",
        "domain.features.hyperv.vpindex.enabled", "domain.features.hyperv.runtime.enabled", "domain.features.hyperv.synic.enabled", "domain.features.hyperv.synictimer.enabled",
        "domain.features.hyperv.reset.enabled", "domain.features.hyperv.vendorid.enabled", "domain.features.hyperv.vendorid.vendorid", "domain.features.hyperv.frequencies.enabled",
        "domain.features.hyperv.reenlightenment.enabled", "domain.features.hyperv.tlbflush.enabled", "domain.features.hyperv.ipi.enabled",

        // Devices.
        "domain.devices.autoattachGraphicsDevice", "domain.devices.autoattachInputDevice", "domain.devices.autoattachMemBalloon", "domain.devices.autoattachPodInterface",
        "domain.devices.autoattachSerialConsole", "domain.devices.logSerialConsole", "domain.devices.blockMultiQueue", "domain.devices.disableHotplug", "domain.devices.rng",
        "domain.devices.video.type", "domain.devices.inputs[].name", "domain.devices.inputs[].bus", "domain.devices.inputs[].type",
        "domain.devices.watchdog.name", "domain.devices.watchdog.i6300esb.action",
        "domain.devices.disks[].name", "domain.devices.disks[].bootOrder", "domain.devices.disks[].cache", "domain.devices.disks[].io", "domain.devices.disks[].serial",
        "domain.devices.disks[].errorPolicy", "domain.devices.disks[].blockSize.custom.logical", "domain.devices.disks[].blockSize.custom.physical",
        "domain.devices.disks[].disk.bus", "domain.devices.disks[].disk.readonly",
        "domain.devices.disks[].cdrom.bus", "domain.devices.disks[].cdrom.readonly", "domain.devices.disks[].cdrom.tray",
        "domain.devices.interfaces[].name", "domain.devices.interfaces[].bootOrder", "domain.devices.interfaces[].macAddress", "domain.devices.interfaces[].masquerade",
        "domain.devices.interfaces[].model", "domain.devices.interfaces[].ports[].name", "domain.devices.interfaces[].ports[].port", "domain.devices.interfaces[].ports[].protocol",

        // Networks and volumes.
        "networks[].name", "networks[].pod", "networks[].pod.vmNetworkCIDR",
        "volumes[].name",
        "volumes[].containerDisk.image", "volumes[].containerDisk.imagePullPolicy", "volumes[].containerDisk.path",
        "volumes[].emptyDisk.capacity",
        "volumes[].cloudInitNoCloud.userData", "volumes[].cloudInitNoCloud.userDataBase64", "volumes[].cloudInitNoCloud.secretRef.name",
        "volumes[].cloudInitNoCloud.networkData", "volumes[].cloudInitNoCloud.networkDataBase64", "volumes[].cloudInitNoCloud.networkDataSecretRef.name",
        "volumes[].cloudInitConfigDrive.userData", "volumes[].cloudInitConfigDrive.userDataBase64", "volumes[].cloudInitConfigDrive.secretRef.name",
        "volumes[].cloudInitConfigDrive.networkData", "volumes[].cloudInitConfigDrive.networkDataBase64", "volumes[].cloudInitConfigDrive.networkDataSecretRef.name",
    ];

    /// <summary>Fields of which only some of upstream's values work; every other value is refused by name.</summary>
    public static FrozenDictionary<string, ImmutableArray<string>> Values { get; } = new Dictionary<string, ImmutableArray<string>>
    {
        ["architecture"] = ["amd64"],
        ["evictionStrategy"] = ["None"],
        ["startStrategy"] = ["Paused"],
        ["domain.firmware.bootloader.efi.persistent"] = ["false"],
        ["domain.clock.timer.rtc.track"] = ["guest", "wall"],
        ["domain.clock.timer.rtc.tickPolicy"] = ["delay", "catchup"],
        ["domain.clock.timer.pit.tickPolicy"] = ["delay", "catchup", "discard"],
        ["domain.clock.timer.hpet.tickPolicy"] = ["delay", "catchup", "merge", "discard"],
        ["domain.cpu.features[].policy"] = ["force", "require", "optional", "disable", "forbid"],
        ["domain.devices.disks[].cache"] = ["none", "writethrough", "writeback"],
        ["domain.devices.disks[].io"] = ["native", "threads"],
        ["domain.devices.disks[].errorPolicy"] = ["stop", "ignore", "report", "enospace"],
        ["domain.devices.disks[].disk.bus"] = ["virtio", "sata", "scsi", "usb"],
        ["domain.devices.disks[].cdrom.bus"] = ["sata", "scsi", "usb"],
        ["domain.devices.disks[].cdrom.tray"] = ["open", "closed"],
        ["domain.devices.interfaces[].model"] = ["virtio", "e1000", "e1000e", "ne2k_pci", "pcnet", "rtl8139"],
        ["domain.devices.interfaces[].ports[].protocol"] = ["TCP", "UDP"],
        ["domain.devices.inputs[].bus"] = ["usb", "virtio"],
        ["domain.devices.inputs[].type"] = ["tablet"],
        ["domain.devices.video.type"] = ["vga", "virtio", "bochs", "cirrus", "none"],
        ["domain.devices.watchdog.i6300esb.action"] = ["reset", "poweroff", "shutdown"],
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Exact = Paths.Where(p => !p.EndsWith('*')).ToFrozenSet();
    private static readonly FrozenSet<string> OnTheWay = Paths.SelectMany(Prefixes).ToFrozenSet();

    /// <summary>Whether a field works, or holds fields that do.</summary>
    /// <param name="path">Under <c>spec</c>, with <c>[]</c> for list elements: <c>domain.devices.disks[].disk.bus</c>.</param>
    public static bool IsSupported(string path)
    {
        if (Exact.Contains(path) || OnTheWay.Contains(path)) return true;
        return Paths.Any(p => p.EndsWith(".**", StringComparison.Ordinal) ? path.StartsWith(p[..^2], StringComparison.Ordinal)
            : p.EndsWith(".*", StringComparison.Ordinal) && path.StartsWith(p[..^1], StringComparison.Ordinal));
    }

    private static IEnumerable<string> Prefixes(string path)
    {
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] is '.') yield return path[..i];
            if (path[i] is '[') yield return path[..i];
        }
    }
}
