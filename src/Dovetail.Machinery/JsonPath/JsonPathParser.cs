using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Dovetail.Machinery.JsonPath;

internal sealed class JsonPathParser(string text)
{
    /// <summary>Filters within filters; each is a call of its own.</summary>
    private const int MaxFilters = 16;

    private int at;
    private int filters;

    private bool AtEnd => at >= text.Length;

    public ImmutableArray<JsonPathStep> ParsePath()
    {
        var steps = ParseSteps(inFilter: false);
        if (!AtEnd) throw Error($"unexpected '{text[at]}'");
        return steps;
    }

    private ImmutableArray<JsonPathStep> ParseSteps(bool inFilter)
    {
        var steps = ImmutableArray.CreateBuilder<JsonPathStep>();
        if (!AtEnd && text[at] is '$' or '@') at++;
        while (!AtEnd)
        {
            if (text[at] == '[')
            {
                steps.Add(ParseBracket());
            }
            else if (text[at] == '.')
            {
                at++;
                if (!AtEnd && text[at] == '.')
                {
                    at++;
                    steps.Add(new JsonPathStep.Recursive());
                }

                if (AtEnd) break; // ".": the value itself
                if (text[at] == '[') continue;
                steps.Add(ParseName(inFilter));
            }
            else if (steps.Count == 0 && !inFilter)
            {
                steps.Add(ParseName(inFilter)); // "spec.a" without the leading dot
            }
            else
            {
                break;
            }
        }

        return steps.ToImmutable();
    }

    private JsonPathStep ParseName(bool inFilter)
    {
        if (text[at] == '*')
        {
            at++;
            return new JsonPathStep.Wildcard();
        }

        var name = new StringBuilder();
        while (!AtEnd && text[at] is not ('.' or '[' or ']' or '(' or '|' or '}'))
        {
            if (inFilter && text[at] is ' ' or ')' or '=' or '!' or '<' or '>') break;
            if (text[at] == '\\' && at + 1 < text.Length) at++;
            name.Append(text[at++]);
        }

        return name.Length > 0 ? new JsonPathStep.Field(name.ToString()) : throw Error("a field name is missing");
    }

    private JsonPathStep ParseBracket()
    {
        at++;
        if (!AtEnd && text[at] == '?') return ParseFilter();
        var parts = ImmutableArray.CreateBuilder<JsonPathStep>();
        do
        {
            SkipSpaces();
            parts.Add(ParseBracketPart());
            SkipSpaces();
        }
        while (Take(','));
        if (!Take(']')) throw Error("unterminated array");
        return parts.Count == 1 ? parts[0] : new JsonPathStep.Union(parts.ToImmutable());
    }

    private JsonPathStep ParseBracketPart()
    {
        if (Take('*')) return new JsonPathStep.Wildcard();
        if (!AtEnd && text[at] is '\'' or '"') return new JsonPathStep.Field(ParseQuoted());
        var from = ParseInteger();
        if (!Take(':')) return new JsonPathStep.Index(from ?? throw Error("invalid array index"));
        var to = ParseInteger();
        var step = Take(':') ? ParseInteger() ?? 1 : 1;
        return step > 0 ? new JsonPathStep.Slice(from, to, step) : throw Error("step must be > 0");
    }

    private JsonPathStep.Filter ParseFilter()
    {
        at++;
        if (++filters > MaxFilters) throw Error("filters are nested too deeply");
        if (!Take('(')) throw Error("a filter begins with ?(");
        var left = ParseOperand();
        SkipSpaces();
        var op = "";
        foreach (var candidate in new[] { "==", "!=", "<=", ">=", "<", ">" })
            if (string.CompareOrdinal(text, at, candidate, 0, candidate.Length) == 0)
            {
                op = candidate;
                at += op.Length;
                break;
            }

        var right = op.Length > 0 ? ParseOperand() : null;
        SkipSpaces();
        if (!Take(')') || !Take(']')) throw Error("unterminated filter");
        filters--;
        return new JsonPathStep.Filter(left, op, right);
    }

    private JsonPathOperand ParseOperand()
    {
        SkipSpaces();
        if (AtEnd) throw Error("unterminated filter");
        if (text[at] is '\'' or '"') return new JsonPathOperand([], ParseQuoted());
        if (text[at] is '@' or '.' or '$') return new JsonPathOperand(ParseSteps(inFilter: true), null);
        var start = at;
        while (!AtEnd && text[at] is not (' ' or ')' or '=' or '!' or '<' or '>')) at++;
        var word = text[start..at];
        return word switch
        {
            "true" => new JsonPathOperand([], true),
            "false" => new JsonPathOperand([], false),
            _ when double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => new JsonPathOperand([], number),
            _ => throw Error($"unrecognized identifier {word}"),
        };
    }

    private string ParseQuoted()
    {
        var quote = text[at++];
        var content = new StringBuilder();
        while (!AtEnd && text[at] != quote)
        {
            if (text[at] == '\\' && at + 1 < text.Length) at++;
            content.Append(text[at++]);
        }

        return Take(quote) ? content.ToString() : throw Error("unterminated quoted string");
    }

    private int? ParseInteger()
    {
        SkipSpaces();
        var start = at;
        if (!AtEnd && text[at] is '-' or '+') at++;
        while (!AtEnd && char.IsAsciiDigit(text[at])) at++;
        var digits = text.AsSpan(start, at - start);
        SkipSpaces();
        if (digits.IsEmpty) return null;
        return int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Error("invalid array index");
    }

    private void SkipSpaces()
    {
        while (!AtEnd && text[at] == ' ') at++;
    }

    private bool Take(char c)
    {
        if (AtEnd || text[at] != c) return false;
        at++;
        return true;
    }

    private FormatException Error(string message) => new(string.Create(CultureInfo.InvariantCulture, $"invalid JSONPath {text}: {message} (at {at})"));
}
