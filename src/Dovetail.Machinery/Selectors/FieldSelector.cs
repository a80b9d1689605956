using System.Collections.Immutable;
using System.Text;

namespace Dovetail.Machinery.Selectors;

/// <summary>One term of a field selector: a dotted path and the value it must or must not have.</summary>
public sealed record FieldRequirement(string Field, string Value, bool Negated);

/// <summary>A field selector (<c>?fieldSelector=metadata.name=a,status.phase!=Running</c>). An absent field counts as the empty string.
/// In a value, <c>\,</c> <c>\=</c> and <c>\\</c> stand for the plain characters.</summary>
public sealed class FieldSelector
{
    private FieldSelector(ImmutableArray<FieldRequirement> requirements) => Requirements = requirements;

    public static FieldSelector Everything { get; } = new([]);

    public ImmutableArray<FieldRequirement> Requirements { get; }

    public bool IsEverything => Requirements.Length == 0;

    /// <exception cref="FormatException">Not a field selector; upstream's message.</exception>
    public static FieldSelector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return Everything;
        var terms = ImmutableArray.CreateBuilder<FieldRequirement>();
        foreach (var term in SplitTerms(text))
            if (term.Length > 0) terms.Add(ParseTerm(text, term));
        return terms.Count == 0 ? Everything : new FieldSelector(terms.ToImmutable());
    }

    /// <summary>The value that a field must equal, or null: lets a look-up by <c>metadata.name</c> replace a scan.</summary>
    public string? RequiredValue(string field)
    {
        foreach (var requirement in Requirements)
            if (!requirement.Negated && requirement.Field == field) return requirement.Value;
        return null;
    }

    public bool Matches(Func<string, string> field)
    {
        foreach (var requirement in Requirements)
            if ((field(requirement.Field) == requirement.Value) == requirement.Negated) return false;
        return true;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var requirement in Requirements)
            text.Append(text.Length == 0 ? "" : ",").Append(requirement.Field).Append(requirement.Negated ? "!=" : "=").Append(Escape(requirement.Value));
        return text.ToString();
    }

    /// <summary>Quotes a value for use in a field selector.</summary>
    public static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("=", "\\=", StringComparison.Ordinal);

    private static IEnumerable<string> SplitTerms(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static FieldRequirement ParseTerm(string whole, string term)
    {
        for (var i = 0; i < term.Length; i++)
        {
            if (term[i] == '\\')
            {
                i++;
                continue;
            }

            var rest = term.AsSpan(i);
            var (length, negated) = rest.StartsWith("!=") ? (2, true) : rest.StartsWith("==") ? (2, false) : rest[0] == '=' ? (1, false) : (0, false);
            if (length > 0) return new FieldRequirement(term[..i], Unescape(term[(i + length)..]), negated);
        }

        throw new FormatException($"invalid selector: '{whole}'; can't understand '{term}'");
    }

    private static string Unescape(string value)
    {
        if (value.IndexOfAny(['\\', ',', '=']) < 0) return value;
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case '\\' when i + 1 < value.Length && value[i + 1] is '\\' or ',' or '=':
                    text.Append(value[++i]);
                    break;
                case '\\':
                    throw new FormatException($"invalid field selector: invalid escape sequence: {value[i..Math.Min(i + 2, value.Length)]}");
                case ',' or '=':
                    throw new FormatException($"invalid field selector: unescaped character in value: {value[i]}");
                default:
                    text.Append(value[i]);
                    break;
            }
        }

        return text.ToString();
    }
}
