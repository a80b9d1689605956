using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Addresses and ranges as upstream takes and refuses them (<c>k8s.io/apimachinery/pkg/util/validation/ip.go</c>): each check answers null, or what is wrong in upstream's words.</summary>
internal static class Addresses
{
    /// <summary>An address in a field that once took leading zeros and IPv4 in IPv6, and still takes any other way to write IPv6.</summary>
    public static string? LegacyIp(string value)
    {
        if (Parse(value, out var sloppy) is not { } address)
            return "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        if (sloppy)
            return "must not have leading 0s";
        return address.IsIPv4MappedToIPv6 ? "must not be an IPv4-mapped IPv6 address" : null;
    }

    /// <summary>An address in its canonical form.</summary>
    public static string? Ip(string value)
    {
        if (LegacyIp(value) is { } wrong)
            return wrong;
        var canonical = Parse(value, out _)!.ToString();
        return canonical == value ? null : $"must be in canonical form (\"{canonical}\")";
    }

    public static string? LegacyCidr(string value)
    {
        if (Range(value, out var sloppy) is not { } range)
            return "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        if (sloppy)
            return "must not have leading 0s in IP or prefix length";
        if (range.Address.IsIPv4MappedToIPv6)
            return "must not have an IPv4-mapped IPv6 address";
        return Masked(range).Equals(range.Address) ? null : "must not have bits set beyond the prefix length";
    }

    public static string? Cidr(string value)
    {
        if (LegacyCidr(value) is { } wrong)
            return wrong;
        var (address, length) = Range(value, out _)!.Value;
        var canonical = string.Create(CultureInfo.InvariantCulture, $"{address}/{length}");
        return canonical == value ? null : $"must be in canonical form (\"{canonical}\")";
    }

    /// <summary>What is doubtful about an address that a legacy field takes: null, or upstream's warning without the path.</summary>
    public static string? IpWarning(string value)
    {
        if (Parse(value, out var sloppy) is not { } address)
            return null;
        if (sloppy || address.IsIPv4MappedToIPv6)
            return $"non-standard IP address \"{value}\" is invalid: use \"{(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}\"";
        return address.AddressFamily == AddressFamily.InterNetworkV6 && address.ToString() != value ? $"IPv6 address \"{value}\" should be in RFC 5952 canonical format (\"{address}\")" : null;
    }

    /// <summary>As <see cref="IpWarning"/>, of a range: each warning.</summary>
    public static IEnumerable<string> CidrWarnings(string value)
    {
        if (Range(value, out var sloppy) is not { } range)
            yield break;
        var (network, bits) = (Masked(range), range.Address.GetAddressBytes().Length * 8);
        var whole = string.Create(CultureInfo.InvariantCulture, $"{network}/{range.Length}");
        var ambiguous = !network.Equals(range.Address);
        if (ambiguous)
            yield return string.Create(CultureInfo.InvariantCulture, $"CIDR value \"{value}\" is ambiguous in this context (should be \"{whole}\" or \"{range.Address}/{bits}\"?)");
        if (sloppy || range.Address.IsIPv4MappedToIPv6)
            yield return $"non-standard CIDR value \"{value}\" is invalid: use \"{whole}\"";
        else if (!ambiguous && range.Address.AddressFamily == AddressFamily.InterNetworkV6 && whole != value)
            yield return $"IPv6 CIDR value \"{value}\" should be in RFC 5952 canonical format (\"{whole}\")";
    }

    public static bool IsIp(string value) => Parse(value, out _) is not null;

    public static bool IsIpv4(string value) => Parse(value, out _) is { AddressFamily: AddressFamily.InterNetwork };

    public static bool IsCidr(string value) => Range(value, out _) is not null;

    public static bool IsIpv6Range(string value) => Range(value, out _) is { Address.AddressFamily: AddressFamily.InterNetworkV6 };

    /// <summary>Whether <paramref name="inner"/> is a smaller range within <paramref name="outer"/>; null when one of them is none.</summary>
    public static bool? IsStrictSubset(string outer, string inner)
    {
        if (Range(outer, out _) is not { } whole || Range(inner, out _) is not { } part)
            return null;
        return whole.Address.AddressFamily == part.Address.AddressFamily && whole.Length < part.Length && Masked(whole).Equals(Masked((part.Address, whole.Length)));
    }

    /// <summary>An address that endpoints may not have: each reason.</summary>
    public static IEnumerable<string> NoEndpoint(string value)
    {
        if (Parse(value, out _) is not { } address)
            yield break;
        var bytes = address.GetAddressBytes();
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            yield return $"may not be unspecified ({value})";
        if (IPAddress.IsLoopback(address))
            yield return "may not be in the loopback range (127.0.0.0/8, ::1/128)";
        if (address.IsIPv6LinkLocal || (bytes.Length == 4 && bytes[0] == 169 && bytes[1] == 254))
            yield return "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
        if ((bytes.Length == 4 && bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0) || (bytes.Length == 16 && bytes[0] == 0xff && (bytes[1] & 0x0f) == 2))
            yield return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
    }

    /// <param name="value">The text.</param>
    /// <param name="sloppy">Whether a number of IPv4 has zeros in front, which read as decimal all the same.</param>
    private static IPAddress? Parse(string value, out bool sloppy)
    {
        sloppy = false;
        if (value.Contains(':', StringComparison.Ordinal))
            return !value.Contains('%', StringComparison.Ordinal) && !value.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(value, out var six) ? six : null;
        var parts = value.Split('.');
        if (parts.Length != 4)
            return null;
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            if (!byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
                return null;
            sloppy |= parts[i].Length > 1 && parts[i][0] == '0';
        }
        return new IPAddress(bytes);
    }

    private static (IPAddress Address, int Length)? Range(string value, out bool sloppy)
    {
        sloppy = false;
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || Parse(value[..slash], out sloppy) is not { } address || !int.TryParse(value[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length))
            return null;
        sloppy |= value.Length > slash + 2 && value[slash + 1] == '0';
        return length <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) ? (address, length) : null;
    }

    private static IPAddress Masked((IPAddress Address, int Length) range)
    {
        var bytes = range.Address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(range.Length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - bits));
        }
        return new IPAddress(bytes);
    }
}
