using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dovetail.Machinery.Yaml;

/// <summary>Writes JSON as block-style YAML, as <c>-o yaml</c> does: keys sorted, strings quoted only where they would read as something else, text of several lines as a literal block.</summary>
public static class JsonToYaml
{
    public static string Convert(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 512 });
        return Convert(document.RootElement);
    }

    public static string Convert(JsonElement root)
    {
        var text = new StringBuilder();
        switch (root.ValueKind)
        {
            case JsonValueKind.Object when root.EnumerateObject().Any():
                WriteObject(text, root, 0, firstIndented: true);
                break;
            case JsonValueKind.Array when root.GetArrayLength() > 0:
                WriteArray(text, root, 0);
                break;
            default:
                text.Append(Inline(root, 0)).Append('\n');
                break;
        }

        return text.ToString();
    }

    private static void WriteObject(StringBuilder text, JsonElement value, int indent, bool firstIndented)
    {
        var first = true;
        foreach (var property in value.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            if (!first || firstIndented) text.Append(' ', indent);
            first = false;
            text.Append(Scalar(property.Name, indent, isKey: true)).Append(':');
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object when property.Value.EnumerateObject().Any():
                    text.Append('\n');
                    WriteObject(text, property.Value, indent + 2, firstIndented: true);
                    break;
                case JsonValueKind.Array when property.Value.GetArrayLength() > 0:
                    text.Append('\n');
                    WriteArray(text, property.Value, indent); // items stand under their key, not indented
                    break;
                default:
                    text.Append(' ').Append(Inline(property.Value, indent + 2)).Append('\n');
                    break;
            }
        }
    }

    private static void WriteArray(StringBuilder text, JsonElement value, int indent)
    {
        foreach (var item in value.EnumerateArray())
        {
            text.Append(' ', indent).Append("- ");
            switch (item.ValueKind)
            {
                case JsonValueKind.Object when item.EnumerateObject().Any():
                    WriteObject(text, item, indent + 2, firstIndented: false);
                    break;
                case JsonValueKind.Array when item.GetArrayLength() > 0:
                    var nested = new StringBuilder();
                    WriteArray(nested, item, indent + 2);
                    text.Append(nested.ToString().AsSpan(indent + 2));
                    break;
                default:
                    text.Append(Inline(item, indent + 2)).Append('\n');
                    break;
            }
        }
    }

    private static string Inline(JsonElement value, int indent) => value.ValueKind switch
    {
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        JsonValueKind.String => Scalar(value.GetString()!, indent, isKey: false),
        JsonValueKind.Undefined => "null",
        _ => value.GetRawText(),
    };

    private static string Scalar(string value, int indent, bool isKey)
    {
        if (!isKey && value.Contains('\n', StringComparison.Ordinal) && IsLiteral(value)) return Literal(value, indent);
        if (value.Any(c => c < ' ' || c is '\u007f' or '\u0085' or '\u2028' or '\u2029' or '\ufeff')) return DoubleQuoted(value);
        return NeedsQuotes(value) ? value.Contains('\'', StringComparison.Ordinal) || YamlScalars.ResolvePlain(value).Kind != YamlScalarKind.Text ? DoubleQuoted(value) : $"'{value}'" : value;
    }

    /// <summary>A literal block keeps text as it is, except for leading blanks and lines that end in blanks or hold control characters.</summary>
    private static bool IsLiteral(string value) =>
        value[0] is not (' ' or '\n' or '\t') && !value.Any(c => (c < ' ' && c is not ('\n' or '\t')) || c is '\u007f' or '\u0085' or '\u2028' or '\u2029' or '\ufeff')
        && !value.Split('\n').Any(line => line.EndsWith(' ') || line.EndsWith('\t'));

    private static string Literal(string value, int indent)
    {
        var trimmed = value.TrimEnd('\n');
        var text = new StringBuilder("|");
        var newlines = value.Length - trimmed.Length;
        if (newlines == 0) text.Append('-');
        else if (newlines > 1) text.Append('+');
        foreach (var line in trimmed.Split('\n'))
        {
            text.Append('\n');
            if (line.Length > 0) text.Append(' ', indent).Append(line);
        }

        text.Append('\n', Math.Max(0, newlines - 1));
        return text.ToString();
    }

    private static string DoubleQuoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                < ' ' or '\u007f' or '\u0085' or '\u2028' or '\u2029' or '\ufeff' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        return text.Append('"').ToString();
    }

    private static bool NeedsQuotes(string value)
    {
        if (value.Length == 0 || YamlScalars.ResolvePlain(value).Kind != YamlScalarKind.Text) return true;
        if (value is "<<" or "=" || value[0] == ' ' || value[^1] is ' ' or ':') return true;
        if ("-?:,[]{}#&*!|>'\"%@`".Contains(value[0], StringComparison.Ordinal) && !(value[0] is '-' or '?' or ':' && value.Length > 1 && value[1] != ' ')) return true;
        if (value.StartsWith("---", StringComparison.Ordinal) || value.StartsWith("...", StringComparison.Ordinal)) return true;
        if (LooksLikeTimestamp(value)) return true;
        return value.Contains(": ", StringComparison.Ordinal) || value.Contains(" #", StringComparison.Ordinal);
    }

    /// <summary>YAML 1.1 readers turn <c>2026-11-23</c> and RFC 3339 times into timestamps.</summary>
    private static bool LooksLikeTimestamp(string value) =>
        value.Length >= 8 && value.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0 && value[4] == '-' && char.IsAsciiDigit(value[5]);
}
