using System.Text;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>
/// What is doubtful about a request, as <c>Warning</c> headers (RFC 7234, code 299; KEP-1693): each text once. When all together are longer than 4,096 characters
/// each is cut to 256, and those that follow once even they fill the bound are left out, as upstream does it.
/// </summary>
internal static class WarningHeaders
{
    private const int MaxTotalRunes = 4 * 1024;
    private const int MaxItemRunes = 256;

    public static void Add(HttpResponse response, IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0) return;
        foreach (var warning in Bounded([.. warnings.Distinct()])) response.Headers.Append("Warning", $"299 - \"{Quoted(warning)}\"");
    }

    private static IEnumerable<string> Bounded(string[] warnings)
    {
        var cut = warnings.Sum(Runes) > MaxTotalRunes;
        var written = 0;
        foreach (var warning in warnings)
        {
            if (cut && written >= MaxTotalRunes) yield break;
            var text = cut ? Cut(warning) : warning;
            written += Runes(text);
            yield return text;
        }
    }

    private static int Runes(string text) => text.EnumerateRunes().Count();

    private static string Cut(string text) => string.Concat(text.EnumerateRunes().Take(MaxItemRunes));

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '\\' or '"') quoted.Append('\\');
            // No header carries what is not printable ASCII.
            quoted.Append(c is < ' ' or > '~' ? '?' : c);
        }

        return quoted.ToString();
    }
}
