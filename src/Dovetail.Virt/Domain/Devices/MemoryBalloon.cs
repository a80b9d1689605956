using System.Xml.Linq;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>The memory balloon: statistics, and pages that the guest does not use are given back.</summary>
internal static class MemoryBalloon
{
    private const int StatsPeriodSeconds = 10;

    public static XElement Render(DomainInput input) => input.Devices.AutoattachMemBalloon == false
        ? new("memballoon", new XAttribute("model", "none"))
        : new("memballoon", new XAttribute("model", "virtio"), new XAttribute("freePageReporting", "on"), new XElement("stats", new XAttribute("period", StatsPeriodSeconds)));
}
