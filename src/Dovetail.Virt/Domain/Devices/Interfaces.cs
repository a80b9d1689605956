using System.Xml.Linq;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>Network interfaces on tap devices that virt-handler made in the pod's network namespace for the sandbox's user.</summary>
internal static class Interfaces
{
    public static IEnumerable<XElement> Render(DomainInput input)
    {
        foreach (var nic in input.Devices.Interfaces ?? [])
        {
            var facts = input.Facts.Interfaces.FirstOrDefault(f => f.Name == nic.Name) ?? throw new ArgumentException($"the interface {nic.Name} has no tap device");
            yield return new XElement("interface", new XAttribute("type", "ethernet"),
                new XElement("mac", new XAttribute("address", facts.Mac)),
                new XElement("target", new XAttribute("dev", facts.Tap), new XAttribute("managed", "no")),
                new XElement("model", new XAttribute("type", nic.Model is { Length: > 0 } model ? model : "virtio")),
                nic.BootOrder is { } order ? new XElement("boot", new XAttribute("order", order)) : null,

                // Without its boot ROM the firmware does not spend seconds on PXE.
                nic.BootOrder is null ? new XElement("rom", new XAttribute("enabled", "no")) : null,
                new XElement("alias", new XAttribute("name", $"ua-{nic.Name}")));
        }
    }
}
