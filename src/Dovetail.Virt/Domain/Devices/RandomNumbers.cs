using System.Xml.Linq;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>Random numbers from the host, where the spec asks for them.</summary>
internal static class RandomNumbers
{
    public static XElement? Render(DomainInput input) => input.Devices.Rng is null
        ? null
        : new("rng", new XAttribute("model", "virtio"), new XElement("backend", new XAttribute("model", "random"), "/dev/urandom"));
}
