using System.Xml.Linq;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.Domain.Devices;

/// <summary>The first serial port, on a unix socket, with a log that the console replays to late joiners.</summary>
internal static class SerialConsole
{
    public static bool IsOn(DomainInput input) => input.Devices.AutoattachSerialConsole != false;

    public static bool IsLogged(DomainInput input) => IsOn(input) && input.Devices.LogSerialConsole != false;

    public static XElement? Render(DomainInput input)
    {
        if (!IsOn(input)) return null;
        var uid = input.Vmi.Metadata.Uid;

        // Appending: the launcher keeps the file short by cutting it, and QEMU has to go on at its new end.
        return new XElement("serial", new XAttribute("type", "unix"),
            new XElement("source", new XAttribute("mode", "bind"), new XAttribute("path", SandboxLayout.SerialSocket(uid))),
            IsLogged(input) ? new XElement("log", new XAttribute("file", SandboxLayout.SerialLog(uid)), new XAttribute("append", "on")) : null,
            new XElement("target", new XAttribute("port", 0)));
    }
}
