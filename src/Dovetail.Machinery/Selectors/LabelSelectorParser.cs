using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Dovetail.Machinery.Selectors;

/// <summary>The string syntax of label selectors, with the messages of k8s.io/apimachinery/pkg/labels.</summary>
internal sealed partial class LabelSelectorParser
{
    private readonly List<(Token Token, string Text)> tokens = [];
    private int position;

    private LabelSelectorParser(string text) => Scan(text);

    private enum Token
    {
        End,
        ClosedParenthesis,
        Comma,
        Bang,
        DoubleEquals,
        Equals,
        GreaterThan,
        Identifier,
        In,
        LessThan,
        NotEquals,
        NotIn,
        OpenParenthesis,
        Error,
    }

    public static LabelSelector Parse(string text)
    {
        try
        {
            return LabelSelector.Sorted(new LabelSelectorParser(text).ParseAll());
        }
        catch (FormatException e)
        {
            throw new FormatException("unable to parse requirement: " + e.Message);
        }
    }

    /// <summary>A requirement whose key and values are legal for its operator.</summary>
    public static LabelRequirement Checked(string key, SelectorOperator op, ImmutableArray<string> values)
    {
        if (KeyProblem(key) is { } problem) throw new FormatException($"key: Invalid value: \"{key}\": {problem}");
        switch (op)
        {
            case SelectorOperator.In or SelectorOperator.NotIn when values.Length == 0:
                throw new FormatException("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
            case SelectorOperator.Equals or SelectorOperator.NotEquals when values.Length != 1:
                throw new FormatException($"values: Invalid value: [{string.Join(" ", values)}]: exact-match compatibility requires one single value");
            case SelectorOperator.Exists or SelectorOperator.DoesNotExist when values.Length != 0:
                throw new FormatException($"values: Invalid value: [{string.Join(" ", values)}]: values set must be empty for exists and does not exist");
            case SelectorOperator.GreaterThan or SelectorOperator.LessThan when values.Length != 1:
                throw new FormatException($"values: Invalid value: [{string.Join(" ", values)}]: for 'Gt', 'Lt' operators, exactly one value is required");
            case SelectorOperator.GreaterThan or SelectorOperator.LessThan when !long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _):
                throw new FormatException($"values[0]: Invalid value: \"{values[0]}\": for 'Gt', 'Lt' operators, the value must be an integer");
        }

        for (var i = 0; i < values.Length; i++)
            if (ValueProblem(values[i]) is { } bad)
                throw new FormatException($"values[{i}][{key}]: Invalid value: \"{values[i]}\": {bad}");
        return new LabelRequirement(key, op, values);
    }

    /// <summary>Why a text is no qualified name (<c>[prefix/]name</c>), or null.</summary>
    internal static string? KeyProblem(string key)
    {
        const string NameRule = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
            + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var name = slash < 0 ? key : key[(slash + 1)..];
        if (slash >= 0)
        {
            if (name.Contains('/', StringComparison.Ordinal))
                return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                    + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') "
                    + "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            if (slash == 0) return "prefix part must be non-empty";
            if (slash > 253) return "prefix part must be no more than 253 bytes";
            if (!Subdomain().IsMatch(key.AsSpan(0, slash)))
                return "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
                    + "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        }

        if (name.Length == 0) return "name part must be non-empty";
        if (name.Length > 63) return "name part must be no more than 63 bytes";
        return Name().IsMatch(name) ? null : NameRule;
    }

    /// <summary>Why a text is no label value, or null.</summary>
    internal static string? ValueProblem(string value)
    {
        if (value.Length > 63) return "must be no more than 63 bytes";
        if (value.Length == 0 || Name().IsMatch(value)) return null;
        return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
            + "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    }

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    private void Scan(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var c = text[at];
            if (c is ' ' or '\t' or '\r' or '\n')
            {
                at++;
                continue;
            }

            var start = at;
            if (IsSpecial(c))
            {
                // The longest run of special characters that still is an operator: "!=" and "==" take both.
                var length = at + 1 < text.Length && (text.AsSpan(at, 2) is "!=" or "==") ? 2 : 1;
                at += length;
                tokens.Add((Special(text.AsSpan(start, length)), text.Substring(start, length)));
                continue;
            }

            while (at < text.Length && !IsSpecial(text[at]) && text[at] is not (' ' or '\t' or '\r' or '\n')) at++;
            var word = text[start..at];
            tokens.Add((word switch { "in" => Token.In, "notin" => Token.NotIn, _ => Token.Identifier }, word));
        }

        tokens.Add((Token.End, ""));
    }

    private static bool IsSpecial(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';

    private static Token Special(ReadOnlySpan<char> text) => text switch
    {
        ")" => Token.ClosedParenthesis,
        "," => Token.Comma,
        "!" => Token.Bang,
        "==" => Token.DoubleEquals,
        "=" => Token.Equals,
        ">" => Token.GreaterThan,
        "<" => Token.LessThan,
        "!=" => Token.NotEquals,
        "(" => Token.OpenParenthesis,
        _ => Token.Error,
    };

    private (Token Token, string Text) Peek(bool values = false)
    {
        var next = tokens[position];
        return values && next.Token is Token.In or Token.NotIn ? (Token.Identifier, next.Text) : next;
    }

    private (Token Token, string Text) Take(bool values = false)
    {
        var next = Peek(values);
        if (next.Token != Token.End) position++;
        return next;
    }

    private List<LabelRequirement> ParseAll()
    {
        var requirements = new List<LabelRequirement>();
        while (true)
        {
            var (token, text) = Peek(values: true);
            switch (token)
            {
                case Token.Identifier or Token.Bang:
                    requirements.Add(ParseRequirement());
                    var (after, found) = Take();
                    if (after == Token.End) return requirements;
                    if (after != Token.Comma) throw new FormatException($"found '{found}', expected: ',' or 'end of string'");
                    var (next, nextText) = Peek(values: true);
                    if (next is not (Token.Identifier or Token.Bang)) throw new FormatException($"found '{nextText}', expected: identifier after ','");
                    break;
                case Token.End:
                    return requirements;
                default:
                    throw new FormatException($"found '{text}', expected: !, identifier, or 'end of string'");
            }
        }
    }

    private LabelRequirement ParseRequirement()
    {
        var (token, key) = Take(values: true);
        SelectorOperator? op = null;
        if (token == Token.Bang)
        {
            op = SelectorOperator.DoesNotExist;
            (token, key) = Take(values: true);
        }

        if (token != Token.Identifier) throw new FormatException($"found '{key}', expected: identifier");
        if (KeyProblem(key) is { } problem) throw new FormatException($"<nil>: Invalid value: \"{key}\": {problem}");
        var (after, _) = Peek();
        if (op is not null || after is Token.End or Token.Comma)
        {
            if (op is not null && after is not (Token.End or Token.Comma)) throw new FormatException($"found '{Peek().Text}', expected: ',' or 'end of string'");
            return Checked(key, op ?? SelectorOperator.Exists, []);
        }

        var kind = ParseOperator();
        var values = kind switch
        {
            SelectorOperator.In or SelectorOperator.NotIn => ParseValues(),
            _ => [ParseExactValue()],
        };
        return Checked(key, kind, values);
    }

    private SelectorOperator ParseOperator()
    {
        var (token, text) = Take();
        return token switch
        {
            Token.In => SelectorOperator.In,
            Token.Equals or Token.DoubleEquals => SelectorOperator.Equals,
            Token.GreaterThan => SelectorOperator.GreaterThan,
            Token.LessThan => SelectorOperator.LessThan,
            Token.NotIn => SelectorOperator.NotIn,
            Token.NotEquals => SelectorOperator.NotEquals,
            _ => throw new FormatException($"found '{text}', expected: in, notin, =, ==, !=, gt, lt"),
        };
    }

    private ImmutableArray<string> ParseValues()
    {
        var (open, text) = Take(values: true);
        if (open != Token.OpenParenthesis) throw new FormatException($"found '{text}' expected: '('");
        var values = new SortedSet<string>(StringComparer.Ordinal);
        var (first, _) = Peek(values: true);
        if (first == Token.ClosedParenthesis)
        {
            Take(values: true);
            return [""];
        }

        if (first is not (Token.Identifier or Token.Comma)) throw new FormatException($"found '{Peek().Text}', expected: ',', ')' or identifier");
        while (true)
        {
            // An absent word between commas or before the parenthesis is the empty value.
            values.Add(Peek(values: true).Token == Token.Identifier ? Take(values: true).Text : "");
            var (token, found) = Take(values: true);
            if (token == Token.ClosedParenthesis) return [.. values];
            if (token != Token.Comma) throw new FormatException($"found '{found}', expected: ',', or ')'");
        }
    }

    private string ParseExactValue()
    {
        var (token, text) = Peek(values: true);
        if (token is Token.End or Token.Comma) return "";
        Take(values: true);
        return token == Token.Identifier ? text : throw new FormatException($"found '{text}', expected: identifier");
    }
}
