using System.Xml.Linq;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>The i6300esb watchdog card.</summary>
internal static class WatchdogDevice
{
    public static XElement? Render(DomainInput input) => input.Devices.Watchdog is { I6300esb: { } card } asked
        ? new("watchdog", new XAttribute("model", "i6300esb"), new XAttribute("action", card.Action is { Length: > 0 } action ? action : "reset"), new XElement("alias", new XAttribute("name", $"ua-{asked.Name}")))
        : null;
}
