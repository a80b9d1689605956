using System.Globalization;

namespace Dovetail.Virtctl.Commands;

/// <summary>What <c>[protocol/]localPort[:targetPort]</c> asks for.</summary>
/// <param name="Protocol">tcp or udp.</param>
internal readonly record struct PortMapping(string Protocol, int Local, int Remote)
{
    /// <exception cref="VirtctlException">In upstream's words.</exception>
    public static PortMapping Parse(string text)
    {
        var slash = text.Split('/');
        var protocol = slash.Length > 1 ? slash[0] : "tcp";
        var ports = slash[slash.Length > 1 ? 1 : 0].Split(':', StringSplitOptions.RemoveEmptyEntries);
        if (ports.Length == 0) throw new VirtctlException("invalid port, missing local and/or remote port");
        if (protocol is not ("tcp" or "udp")) throw new VirtctlException("unknown protocol: " + protocol);
        var local = Port(ports[0]);
        return new(protocol, local, ports.Length > 1 ? Port(ports[1]) : local);
    }

    private static int Port(string text)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var port)) throw new VirtctlException($"strconv.Atoi: parsing \"{text}\": invalid syntax");
        return port is >= 0 and <= 65535 ? port : throw new VirtctlException($"invalid port {text}: it is at most 65535");
    }
}
