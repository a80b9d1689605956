using System.Text;

namespace Dovetail.ApiServer.Rbac;

/// <summary>Texts as Go's <c>fmt</c> prints them, where upstream's messages show them to users.</summary>
internal static class GoText
{
    /// <summary><c>%q</c> of a string.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"':
                    quoted.Append("\\\"");
                    break;
                case '\\':
                    quoted.Append(@"\\");
                    break;
                case '\n':
                    quoted.Append("\\n");
                    break;
                case '\t':
                    quoted.Append("\\t");
                    break;
                case '\r':
                    quoted.Append("\\r");
                    break;
                case < 0x20 or 0x7f:
                    quoted.Append("\\x").Append(rune.Value.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
                    break;
                default:
                    quoted.Append(rune.ToString());
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }

    /// <summary><c>%q</c> of a slice of strings: <c>["a" "b"]</c>.</summary>
    public static string Quoted(IEnumerable<string> texts) => $"[{string.Join(' ', texts.Select(Quoted))}]";

    /// <summary><c>%v</c> of a slice of strings: <c>[a b]</c>.</summary>
    public static string Plain(IEnumerable<string> texts) => $"[{string.Join(' ', texts)}]";
}
