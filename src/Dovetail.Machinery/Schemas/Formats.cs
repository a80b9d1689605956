using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Dovetail.Machinery.Schemas;

/// <summary>The formats that Kubernetes checks in texts of custom resources (kube-openapi's strfmt); a format that is not known is not checked, as upstream.</summary>
internal static partial class Formats
{
    private const string Hex8 = "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?";

    private static readonly FrozenDictionary<string, Func<string, bool>> Checks = new Dictionary<string, Func<string, bool>>
    {
        ["bsonobjectid"] = text => BsonObjectId().IsMatch(text),
        ["byte"] = text => Base64Text().IsMatch(text),
        ["cidr"] = IsCidr,
        ["creditcard"] = CheckedNumbers.IsCreditCard,
        ["date"] = TimeFormats.IsDate,
        ["datetime"] = TimeFormats.IsDateTime,
        ["duration"] = TimeFormats.IsDuration,
        ["email"] = MailAddress.IsValid,
        ["hexcolor"] = text => HexColor().IsMatch(text),
        ["hostname"] = text => System.Text.Encoding.UTF8.GetByteCount(text) <= 255 && Hostname().IsMatch(text) && text.Split('.').All(static label => System.Text.Encoding.UTF8.GetByteCount(label) <= 63),
        ["ipv4"] = text => text.Contains('.') && IsAddress(text),
        ["ipv6"] = text => text.Contains(':') && IsAddress(text),
        ["isbn"] = text => CheckedNumbers.IsIsbn10(text) || CheckedNumbers.IsIsbn13(text),
        ["isbn10"] = CheckedNumbers.IsIsbn10,
        ["isbn13"] = CheckedNumbers.IsIsbn13,
        ["k8slongname"] = text => Names.DnsSubdomain(text) is null,
        ["k8sshortname"] = text => Names.DnsLabel(text) is null,
        ["mac"] = text => Mac().IsMatch(text),
        ["password"] = static _ => true,
        ["rgbcolor"] = text => RgbColor().IsMatch(text),
        ["ssn"] = text => text.Length == 11 && SocialSecurityNumber().IsMatch(text),
        ["uri"] = RequestUri.IsValid,
        ["uuid"] = text => Uuid().IsMatch(text),
        ["uuid3"] = text => Uuid3().IsMatch(text),
        ["uuid4"] = text => Uuid4().IsMatch(text),
        ["uuid5"] = text => Uuid5().IsMatch(text),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether a CRD's text is checked for the format. Dashes in its name do not count.</summary>
    public static bool IsKnown(string format) => format.Length > 0 && Checks.ContainsKey(Plain(format));

    /// <summary>Whether a text has a known format.</summary>
    public static bool IsValid(string format, string text) => Checks[Plain(format)](text);

    /// <summary>RFC 3339, as a Go <c>time.Time</c> is read.</summary>
    public static bool IsDateTime(string text) =>
        DateTimePattern().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    public static bool IsQuantity(string text) => QuantityPattern().IsMatch(text);

    private static string Plain(string format) => format.Contains('-') ? format.Replace("-", "", StringComparison.Ordinal) : format;

    /// <summary>An IPv4 address, whose parts may have leading zeros, or an IPv6 one.</summary>
    private static bool IsAddress(string text)
    {
        if (!text.Contains(':'))
            return DottedQuad().IsMatch(text) && text.Split('.').All(static part => part.TrimStart('0') is { Length: < 4 } digits && (digits.Length == 0 || int.Parse(digits, CultureInfo.InvariantCulture) < 256));
        return AddressCharacters().IsMatch(text) && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    private static bool IsCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsAddress(text[..slash])
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= (text.Contains(':') ? 128 : 32);
    }

    [GeneratedRegex(@"\A[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\z")]
    private static partial Regex DottedQuad();

    [GeneratedRegex(@"\A[0-9a-fA-F:.]+\z")]
    private static partial Regex AddressCharacters();

    [GeneratedRegex(@"\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})\z", RegexOptions.NonBacktracking)]
    private static partial Regex Base64Text();

    [GeneratedRegex(@"\A" + Hex8 + @"[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\A" + Hex8 + @"3[0-9a-fA-F]{3}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid3();

    [GeneratedRegex(@"\A" + Hex8 + @"4[0-9a-fA-F]{3}-?[89abAB][0-9a-fA-F]{3}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid4();

    [GeneratedRegex(@"\A" + Hex8 + @"5[0-9a-fA-F]{3}-?[89abAB][0-9a-fA-F]{3}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid5();

    /// <summary>6, 8 or 20 bytes with colons, dashes or, by twos, dots.</summary>
    [GeneratedRegex(@"\A(?:[0-9a-fA-F]{2}(?:(?::[0-9a-fA-F]{2}){5}|(?::[0-9a-fA-F]{2}){7}|(?::[0-9a-fA-F]{2}){19}|(?:-[0-9a-fA-F]{2}){5}|(?:-[0-9a-fA-F]{2}){7}|(?:-[0-9a-fA-F]{2}){19})|[0-9a-fA-F]{4}(?:(?:\.[0-9a-fA-F]{4}){2}|(?:\.[0-9a-fA-F]{4}){3}|(?:\.[0-9a-fA-F]{4}){9}))\z")]
    private static partial Regex Mac();

    [GeneratedRegex(@"\A([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})\z", RegexOptions.NonBacktracking)]
    private static partial Regex Hostname();

    [GeneratedRegex(@"\A[0-9a-fA-F]{24}\z")]
    private static partial Regex BsonObjectId();

    [GeneratedRegex(@"\A#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\z")]
    private static partial Regex HexColor();

    [GeneratedRegex(@"\Argb\(\s*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])\s*,\s*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])\s*,\s*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])\s*\)\z")]
    private static partial Regex RgbColor();

    [GeneratedRegex(@"\A[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}\z")]
    private static partial Regex SocialSecurityNumber();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex DateTimePattern();

    [GeneratedRegex(@"\A[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\z")]
    private static partial Regex QuantityPattern();
}
