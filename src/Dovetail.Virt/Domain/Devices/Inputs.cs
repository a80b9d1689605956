using System.Xml.Linq;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>Tablets: absolute pointers, so that a remote screen's pointer follows.</summary>
internal static class Inputs
{
    public static IEnumerable<(string Bus, string? Name)> Of(DomainInput input)
    {
        foreach (var asked in input.Devices.Inputs ?? []) yield return (asked.Bus is { Length: > 0 } bus ? bus : "usb", asked.Name);
        if (input.Devices.AutoattachInputDevice == true && input.Devices.Inputs is null or { Count: 0 }) yield return ("usb", "default-0");
    }

    public static IEnumerable<XElement> Render(DomainInput input) => Of(input).Select(i => new XElement("input",
        new XAttribute("type", "tablet"), new XAttribute("bus", i.Bus), i.Name is { Length: > 0 } ? new XElement("alias", new XAttribute("name", $"ua-{i.Name}")) : null));
}
