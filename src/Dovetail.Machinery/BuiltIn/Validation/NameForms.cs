using System.Text.RegularExpressions;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Forms of texts that only some fields have, beyond <see cref="Names"/> (<c>k8s.io/apimachinery/pkg/util/validation</c>): each check answers null, or what is wrong in upstream's words.</summary>
internal static partial class NameForms
{
    private const int MaxPortName = 15;

    private static readonly string[] CelReserved =
    [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ];

    public static string? WildcardDnsSubdomain(string value) => WildcardForm().IsMatch(value)
        ? null
        : "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character "
            + @"(e.g. '*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    /// <summary>A name of a port, as services and probes refer to it (RFC 6335): every rule that it breaks.</summary>
    public static IEnumerable<string> PortName(string value)
    {
        if (value.Length > MaxPortName)
            yield return $"must be no more than {MaxPortName} characters";
        if (!PortNameForm().IsMatch(value))
            yield return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        if (!value.Any(char.IsAsciiLetterLower))
            yield return "must contain at least one letter (a-z)";
        if (value.Contains("--", StringComparison.Ordinal))
            yield return "must not contain consecutive hyphens";
        if (value.Length > 0 && (value[0] == '-' || value[^1] == '-'))
            yield return "must not begin or end with a hyphen";
    }

    public static string? PortNumber(long value) => value is < 1 or > 65535 ? "must be between 1 and 65535, inclusive" : null;

    /// <summary>What follows the domain in <c>acme.io/foo</c>.</summary>
    public static string? HttpPath(string value) => HttpPathForm().IsMatch(value) ? null : @"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')";

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

    /// <summary>A name of a variable in an expression.</summary>
    public static string? CelIdentifier(string name) => IdentifierForm().IsMatch(name) && !CelReserved.Contains(name) ? null : "must be a valid CEL identifier";

    /// <summary>A name as the C language has them.</summary>
    public static string? CIdentifier(string name) => IdentifierForm().IsMatch(name)
        ? null : "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";

    [GeneratedRegex(@"\A[_a-zA-Z][_a-zA-Z0-9]*\z")]
    private static partial Regex IdentifierForm();

    [GeneratedRegex(@"\A\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex WildcardForm();

    [GeneratedRegex(@"\A[A-Za-z0-9/\-._~%!$&'()*+,;=:]+\z")]
    private static partial Regex HttpPathForm();

    [GeneratedRegex(@"\A[-a-z0-9]*\z")]
    private static partial Regex PortNameForm();

    [GeneratedRegex(@"\A[-A-Za-z0-9]+\z")]
    private static partial Regex HttpHeaderForm();

    [GeneratedRegex(@"\A_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex UnderscoreForm();
}
