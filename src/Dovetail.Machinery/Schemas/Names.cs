using System.Text.RegularExpressions;

namespace Dovetail.Machinery.Schemas;

/// <summary>The forms of names in the API (<c>k8s.io/apimachinery/pkg/util/validation</c>): each check answers null, or what is wrong in upstream's words.</summary>
public static partial class Names
{
    public const int MaxLabel = 63;

    public const int MaxSubdomain = 253;

    private const string LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

    public static string? DnsLabel(string value) =>
        value.Length > MaxLabel ? TooLong(MaxLabel)
        : LabelForm().IsMatch(value) ? null
        : SubdomainForm().IsMatch(value) ? "must not contain dots"
        : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character" + Example("'my-name',  or '123-abc'", LabelPattern);

    public static string? DnsSubdomain(string value) =>
        value.Length > MaxSubdomain ? TooLong(MaxSubdomain)
        : SubdomainForm().IsMatch(value) ? null
        : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
            + Example("'example.com'", $"{LabelPattern}(\\.{LabelPattern})*");

    public static string? Dns1035Label(string value) =>
        value.Length > MaxLabel ? TooLong(MaxLabel)
        : Label1035Form().IsMatch(value) ? null
        : "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
            + Example("'my-name',  or 'abc-123'", "[a-z]([-a-z0-9]*[a-z0-9])?");

    public static string? PathSegment(string value) =>
        value is "." or ".." ? $"may not be '{value}'"
        : value.Contains('/') ? "may not contain '/'"
        : value.Contains('%') ? "may not contain '%'"
        : null;

    /// <summary>A key of labels and annotations: an optional DNS subdomain and a slash, then a name. Answers every rule that it breaks.</summary>
    public static IEnumerable<string> QualifiedName(string value)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && value.IndexOf('/', slash + 1) >= 0)
        {
            yield return QualifiedForm("a valid label key") + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            yield break;
        }
        var name = value[(slash + 1)..];
        if (slash == 0)
            yield return "prefix part must be non-empty";
        if (slash > MaxSubdomain)
            yield return $"prefix part {TooManyBytes(MaxSubdomain)}";
        else if (slash > 0 && DnsSubdomain(value[..slash]) is { } wrong)
            yield return $"prefix part {wrong}";
        if (name.Length == 0)
            yield return "name part must be non-empty";
        if (name.Length > MaxLabel)
            yield return $"name part {TooManyBytes(MaxLabel)}";
        if (!QualifiedNameForm().IsMatch(name))
            yield return QualifiedForm("name part");
    }

    public static string? LabelValue(string value) =>
        value.Length > MaxLabel ? TooManyBytes(MaxLabel)
        : value.Length == 0 || QualifiedNameForm().IsMatch(value) ? null
        : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
            + Example("'MyValue',  or 'my_value',  or '12345'", $"({QualifiedPattern})?");

    /// <summary>A key of a ConfigMap's or Secret's data.</summary>
    public static string? ConfigKey(string value) =>
        value.Length > MaxSubdomain ? TooLong(MaxSubdomain)
        : value is "." or ".." ? $"must not be '{value}'"
        : value.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'"
        : ConfigKeyForm().IsMatch(value) ? null
        : "a valid config key must consist of alphanumeric characters, '-', '_' or '.'" + Example("'key.name',  or 'KEY_NAME',  or 'key-name'", "[-._a-zA-Z0-9]+");

    internal static string? Check(NameRule rule, string name) => rule switch
    {
        NameRule.DnsSubdomain => DnsSubdomain(name),
        NameRule.DnsLabel => DnsLabel(name),
        NameRule.Dns1035Label => Dns1035Label(name),
        NameRule.PathSegment => PathSegment(name),
        NameRule.IpAddress => BuiltIn.Validation.Addresses.Ip(name),
    };

    private static string QualifiedForm(string what) =>
        what + " must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character" + Example("'MyName',  or 'my.name',  or '123-abc'", QualifiedPattern);

    private static string TooLong(int max) => $"must be no more than {max} characters";

    /// <summary>Upstream's newer checks count bytes.</summary>
    private static string TooManyBytes(int max) => $"must be no more than {max} bytes";

    private static string Example(string examples, string pattern) => $" (e.g. {examples}, regex used for validation is '{pattern}')";

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex LabelForm();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex SubdomainForm();

    [GeneratedRegex(@"\A[a-z]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label1035Form();

    [GeneratedRegex(@"\A([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z")]
    private static partial Regex QualifiedNameForm();

    [GeneratedRegex(@"\A[-._a-zA-Z0-9]+\z")]
    private static partial Regex ConfigKeyForm();
}
