using System.Globalization;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>A port of a guest that is asked for by <c>portforward/PORT</c> or <c>portforward/PORT/PROTOCOL</c>.</summary>
/// <param name="Number">1 to 65535.</param>
/// <param name="IsDatagrams">UDP; otherwise TCP, which is meant where no protocol is named.</param>
internal readonly record struct ForwardedPort(int Number, bool IsDatagrams)
{
    public string Protocol => IsDatagrams ? "udp" : "tcp";

    /// <summary>What follows <c>portforward/</c>; null when it is no port.</summary>
    public static ForwardedPort? Parse(ReadOnlySpan<string> segments)
    {
        if (segments is not ([_] or [_, "tcp" or "udp"])) return null;
        return ushort.TryParse(segments[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? new ForwardedPort(number, segments is [_, "udp"]) : null;
    }
}
