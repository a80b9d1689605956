using System.Xml.Linq;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>The channel of the QEMU guest agent.</summary>
internal static class AgentChannel
{
    public static XElement Render() => new("channel", new XAttribute("type", "unix"),
        new XElement("target", new XAttribute("type", "virtio"), new XAttribute("name", "org.qemu.guest_agent.0")));
}
