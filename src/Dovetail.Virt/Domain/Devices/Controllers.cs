using System.Xml.Linq;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>The controllers that are not libvirt's own choice: no USB unless something sits on it, virtio-scsi where a disk wants SCSI.</summary>
internal static class Controllers
{
    public static IEnumerable<XElement> Render(DomainInput input)
    {
        var buses = (input.Devices.Disks ?? []).Select(Disks.BusOf).ToHashSet();
        var usesUsb = buses.Contains("usb") || Inputs.Of(input).Any(i => i.Bus == "usb");
        yield return new XElement("controller", new XAttribute("type", "usb"), new XAttribute("index", 0), new XAttribute("model", usesUsb ? "qemu-xhci" : "none"));
        if (buses.Contains("scsi")) yield return new XElement("controller", new XAttribute("type", "scsi"), new XAttribute("index", 0), new XAttribute("model", "virtio-scsi"));
        yield return new XElement("controller", new XAttribute("type", "virtio-serial"), new XAttribute("index", 0));
    }
}
