using System.Buffers.Text;
using System.Collections.Frozen;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Dovetail.Machinery.Schemas;

/// <summary>The formats that Kubernetes checks in texts; a format that is not known is not checked, as upstream.</summary>
internal static partial class Formats
{
    private const int MaxCompiled = 512;

    private static readonly ConcurrentDictionary<string, Regex> Compiled = new(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Known = new[]
    {
        "bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4", "uuid5", "isbn", "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor",
        "byte", "password", "date", "duration", "datetime", "date-time", "k8s-short-name", "k8s-long-name",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a CRD's text is checked for the format.</summary>
    public static bool IsKnown(string format) => Known.Contains(format);

    public static bool IsValid(string format, string text) => format switch
    {
        "date-time" or "datetime" => IsDateTime(text),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "byte" => Base64.IsValid(text),
        "uuid" => Uuid().IsMatch(text),
        "uuid3" => Uuid().IsMatch(text) && UuidVersion(text) == '3',
        "uuid4" => Uuid().IsMatch(text) && UuidVersion(text) == '4',
        "uuid5" => Uuid().IsMatch(text) && UuidVersion(text) == '5',
        "ipv4" => !text.Contains(':') && IsAddress(text),
        "ipv6" => text.Contains(':') && IsAddress(text),
        "cidr" => IsCidr(text),
        "mac" => Mac().IsMatch(text),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _) || text.StartsWith('/'),
        "hostname" => text.Length <= 255 && Hostname().IsMatch(text) && text.Split('.').All(label => label.Length <= 63),
        "email" => Email().IsMatch(text),
        "duration" => Duration().IsMatch(text),
        "bsonobjectid" => BsonObjectId().IsMatch(text),
        "hexcolor" => HexColor().IsMatch(text),
        "rgbcolor" => RgbColor().IsMatch(text),
        "ssn" => SocialSecurityNumber().IsMatch(text),
        "creditcard" => CheckedNumbers.IsCreditCard(text),
        "isbn" => CheckedNumbers.IsIsbn10(text) || CheckedNumbers.IsIsbn13(text),
        "isbn10" => CheckedNumbers.IsIsbn10(text),
        "isbn13" => CheckedNumbers.IsIsbn13(text),
        "k8s-short-name" => Names.DnsLabel(text) is null,
        "k8s-long-name" => Names.DnsSubdomain(text) is null,
        _ => true,
    };

    /// <summary>RFC 3339, as a Go <c>time.Time</c> is read.</summary>
    public static bool IsDateTime(string text) =>
        DateTimePattern().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    public static bool IsQuantity(string text) => QuantityPattern().IsMatch(text);

    /// <summary>A dotted quad without leading zeros, or an IPv6 address.</summary>
    public static bool IsAddress(string text)
    {
        if (text.Contains('%') || !IPAddress.TryParse(text, out var address))
            return false;
        return text.Contains(':') || address.ToString() == text;
    }

    public static bool IsCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsAddress(text[..slash])
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= (text.Contains(':') ? 128 : 32);
    }

    /// <summary>A pattern in Go's syntax (RE2) as a .NET one with the same meaning: <c>$</c> is the very end, classes are ASCII. Time is linear in the text, as with RE2.
    /// CRDs repeat a few patterns hundreds of times (that of quantities), and making one is dear: the first ones are shared.</summary>
    /// <exception cref="ArgumentException">The pattern is malformed.</exception>
    /// <exception cref="NotSupportedException">It uses what RE2 does not know either (lookaround, back references).</exception>
    public static Regex Compile(string pattern)
    {
        if (Compiled.TryGetValue(pattern, out var known))
            return known;
        var made = new Regex(Translate(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        return Compiled.Count < MaxCompiled ? Compiled.GetOrAdd(pattern, made) : made;
    }

    private static string Translate(string pattern)
    {
        var text = new StringBuilder(pattern.Length + 8);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                var escaped = pattern[++i];
                text.Append((escaped, inClass) switch
                {
                    ('d', false) => "[0-9]",
                    ('d', true) => "0-9",
                    ('w', false) => "[0-9A-Za-z_]",
                    ('w', true) => "0-9A-Za-z_",
                    ('s', false) => "[\\t\\n\\f\\r ]",
                    ('s', true) => "\\t\\n\\f\\r ",
                    _ => $"\\{escaped}",
                });
                continue;
            }
            inClass = inClass ? c != ']' : c == '[';
            text.Append(c == '$' && !inClass ? "\\z" : c.ToString());
        }
        return text.ToString();
    }

    private static char UuidVersion(string text) => text.Length == 36 ? text[14] : text[12];

    [GeneratedRegex(@"\A[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\A([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\z")]
    private static partial Regex Mac();

    [GeneratedRegex(@"\A([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})\z", RegexOptions.NonBacktracking)]
    private static partial Regex Hostname();

    [GeneratedRegex(@"\A[^@\s]+@[^@\s]+\z")]
    private static partial Regex Email();

    [GeneratedRegex(@"\A[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*(ns|us|µs|ms|s|m|h|d|w|[a-z]+)?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))*\z")]
    private static partial Regex Duration();

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
