using System.Globalization;
using System.Xml.Linq;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>Disks and CD-ROMs. Every volume so far ends with its guest.</summary>
internal static class Disks
{
    public static IEnumerable<XElement> Render(DomainInput input)
    {
        var prefixes = new Dictionary<string, int>();
        foreach (var disk in input.Devices.Disks ?? [])
        {
            var volume = GuestVolumes.Find(input.Spec, disk.Name!);
            var bus = BusOf(disk);
            var prefix = bus == "virtio" ? "vd" : "sd";
            var index = prefixes[prefix] = prefixes.GetValueOrDefault(prefix, -1) + 1;
            yield return Render(input, disk, volume, bus, prefix + DriveLetters(index));
        }
    }

    public static string BusOf(Disk disk) => (disk.Cdrom is { } cdrom ? cdrom.Bus : disk.DiskDevice?.Bus) is { Length: > 0 } bus ? bus : "sata";

    private static XElement Render(DomainInput input, Disk disk, Volume volume, string bus, string target)
    {
        var source = GuestVolumes.SourceOf(input.Vmi, volume);
        var isReadonly = disk.Cdrom is { } cdrom ? cdrom.Readonly != false : disk.DiskDevice?.Readonly == true;
        return new XElement("disk", new XAttribute("type", "file"), new XAttribute("device", disk.Cdrom is null ? "disk" : "cdrom"),
            Driver(input, disk, source, bus),
            new XElement("source", new XAttribute("file", source.Path)),
            BlockSize(disk.BlockSize?.Custom),
            new XElement("target", new XAttribute("dev", target), new XAttribute("bus", bus), disk.Cdrom?.Tray is { Length: > 0 } tray ? new XAttribute("tray", tray) : null),
            isReadonly ? new XElement("readonly") : null,
            disk.Serial is { Length: > 0 } serial ? new XElement("serial", serial) : null,
            disk.BootOrder is { } order ? new XElement("boot", new XAttribute("order", order)) : null,
            new XElement("alias", new XAttribute("name", $"ua-{disk.Name}")));
    }

    private static XElement Driver(DomainInput input, Disk disk, VolumeSource source, string bus)
    {
        // The disk is thrown away when its guest ends, and a crash of the host ends the guest: there is nothing that a flush to the host's disk would save.
        var cache = disk.Cache is { Length: > 0 } asked ? asked : disk.Io == "native" ? "none" : "unsafe";
        return new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", source.Format), new XAttribute("cache", cache),
            new XAttribute("error_policy", disk.ErrorPolicy is { Length: > 0 } policy ? policy : "stop"),
            disk.Io is { Length: > 0 } io ? new XAttribute("io", io) : null,
            disk.Cdrom is null ? new XAttribute("discard", "unmap") : null,
            input.Devices.BlockMultiQueue == true && bus == "virtio" ? new XAttribute("queues", input.Cpus.Count) : null);
    }

    private static XElement? BlockSize(CustomBlockSize? size) => size is null ? null : new("blockio",
        size.Logical is { } logical ? new XAttribute("logical_block_size", logical.ToString(CultureInfo.InvariantCulture)) : null,
        size.Physical is { } physical ? new XAttribute("physical_block_size", physical.ToString(CultureInfo.InvariantCulture)) : null);

    /// <summary>a … z, aa, ab, …</summary>
    private static string DriveLetters(int index) => index < 26 ? ((char)('a' + index)).ToString() : DriveLetters((index / 26) - 1) + (char)('a' + (index % 26));
}
