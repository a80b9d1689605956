using System.Xml.Linq;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>A VNC server on a unix socket and a graphics card; on unless the spec says otherwise.</summary>
internal static class Graphics
{
    public static bool IsOn(DomainInput input) => input.Devices.AutoattachGraphicsDevice != false;

    public static IEnumerable<XElement> Render(DomainInput input)
    {
        if (!IsOn(input))
        {
            yield return Video(new XElement("model", new XAttribute("type", "none")));
            yield break;
        }

        yield return new XElement("graphics", new XAttribute("type", "vnc"),
            new XElement("listen", new XAttribute("type", "socket"), new XAttribute("socket", SandboxLayout.VncSocket(input.Vmi.Metadata.Uid))));
        var type = input.Devices.Video?.Type is { Length: > 0 } asked ? asked : input.UsesEfi ? "bochs" : "vga";
        yield return Video(type switch
        {
            "vga" => new XElement("model", new XAttribute("type", "vga"), new XAttribute("vram", 16384), new XAttribute("heads", 1)),
            "none" => new XElement("model", new XAttribute("type", "none")),
            _ => new XElement("model", new XAttribute("type", type), new XAttribute("heads", 1)),
        });
    }

    private static XElement Video(XElement model) => new("video", model);
}
