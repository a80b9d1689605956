using System.Text.RegularExpressions;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Forms of names that only some fields have; each check answers null, or what is wrong in upstream's words.</summary>
internal static partial class MoreNames
{
    /// <summary>A name of a port: at most 15 characters of a service name (RFC 6335). Upstream lists every broken rule.</summary>
    public static IEnumerable<string> PortName(string name)
    {
        if (name.Length > 15)
            yield return "must be no more than 15 characters";
        if (!PortNameForm().IsMatch(name))
            yield return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        if (!name.Any(char.IsAsciiLetterLower))
            yield return "must contain at least one letter (a-z)";
        if (name.Contains("--", StringComparison.Ordinal))
            yield return "must not contain consecutive hyphens";
        if (name.Length > 0 && (name[0] == '-' || name[^1] == '-'))
            yield return "must not begin or end with a hyphen";
    }

    /// <summary>A name of an environment variable: printable ASCII but "=".</summary>
    public static string? EnvironmentVariable(string name) =>
        name.Length == 0 ? "environment variable name must be non-empty"
        : name.Any(static c => c is < ' ' or > '~' or '=') ? "a valid environment variable name must consist only of printable ASCII characters other than '='"
        : null;

    public static string? HttpHeader(string name) => HttpHeaderForm().IsMatch(name)
        ? null : "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

    public static string? SubdomainWithUnderscore(string value) =>
        value.Length > Names.MaxSubdomain ? $"must be no more than {Names.MaxSubdomain} bytes"
        : UnderscoreForm().IsMatch(value) ? null
        : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";

    public static string? IpAddress(string text) =>
        System.Net.IPAddress.TryParse(text, out _) && (text.Contains(':') || text.Count(static c => c == '.') == 3) ? null : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

    [GeneratedRegex(@"\A[-a-z0-9]*\z")]
    private static partial Regex PortNameForm();

    [GeneratedRegex(@"\A[-A-Za-z0-9]+\z")]
    private static partial Regex HttpHeaderForm();

    [GeneratedRegex(@"\A_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex UnderscoreForm();
}
