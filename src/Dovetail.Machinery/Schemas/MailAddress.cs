using System.Text.RegularExpressions;

namespace Dovetail.Machinery.Schemas;

/// <summary>The format <c>email</c>: one address of RFC 5322 as Go's <c>net/mail</c> reads it, bare or with a name before it in angle brackets.</summary>
internal static partial class MailAddress
{
    private const string Atom = @"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+";
    private const string Quoted = """
        "(?:[^"\\\r\n]|\\[\t -~\u0080-\uffff])*"
        """;
    private const string Specification = "(?:" + Atom + @"(?:\." + Atom + ")*|" + Quoted + ")@(?:" + Atom + @"(?:\." + Atom + @")*|\[[!-Z^-~]*\])";

    public static bool IsValid(string text) => Address().IsMatch(text) && !text.TrimStart().StartsWith("\"\"@", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[ \t]*(?:" + Specification + @"|(?:(?:" + Atom + @"|\.|" + Quoted + @")[ \t]*)*<[ \t]*" + Specification + @"[ \t]*>)[ \t]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
