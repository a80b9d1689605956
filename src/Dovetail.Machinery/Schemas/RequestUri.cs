namespace Dovetail.Machinery.Schemas;

/// <summary>The format <c>uri</c>: what Go's <c>url.ParseRequestURI</c> reads, an absolute URI or an absolute path.</summary>
internal static class RequestUri
{
    public static bool IsValid(string text)
    {
        if (text == "*")
            return true;
        if (text.Length == 0 || text.Any(static c => c is < ' ' or '\x7f'))
            return false;
        var (scheme, rest) = Split(text);
        if (scheme is null)
            return false;
        rest = rest.Split('?', 2)[0];
        if (!rest.StartsWith('/'))
            return scheme.Length > 0;
        if (rest.StartsWith("//", StringComparison.Ordinal) && (scheme.Length > 0 && !rest.StartsWith("///", StringComparison.Ordinal)))
        {
            var end = rest.IndexOf('/', 2);
            if (!IsAuthority(end < 0 ? rest[2..] : rest[2..end]))
                return false;
            rest = end < 0 ? "" : rest[end..];
        }
        return Escapes(rest);
    }

    /// <summary>Scheme and rest; a null scheme when a colon comes first.</summary>
    private static (string? Scheme, string Remainder) Split(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetter(c) || (i > 0 && (char.IsAsciiDigit(c) || c is '+' or '-' or '.')))
                continue;
            return c != ':' ? ("", text) : i == 0 ? (null, text) : (text[..i], text[(i + 1)..]);
        }
        return ("", text);
    }

    private static bool IsAuthority(string authority)
    {
        var at = authority.LastIndexOf('@');
        if (at >= 0 && !(authority[..at].All(IsUserInfo) && Escapes(authority[..at])))
            return false;
        var host = authority[(at + 1)..];
        if (host.StartsWith('['))
        {
            var close = host.LastIndexOf(']');
            return close > 0 && IsPort(host[(close + 1)..]) && host[1..close].All(static c => char.IsAsciiLetterOrDigit(c) || ":.%-_~".Contains(c));
        }
        var colon = host.LastIndexOf(':');
        return (colon < 0 || IsPort(host[colon..])) && host.All(IsHost) && HostEscapes(host);
    }

    private static bool IsPort(string text) => text.Length == 0 || (text[0] == ':' && text.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0);

    private static bool IsUserInfo(char c) => char.IsAsciiLetterOrDigit(c) || "-._:~!$&'()*+,;=%@".Contains(c);

    private static bool IsHost(char c) => c >= 0x80 || char.IsAsciiLetterOrDigit(c) || "-_.~!$&'()*+,;=:[]<>\"%".Contains(c);

    private static bool Escapes(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                return false;
        }
        return true;
    }

    /// <summary>In a host only bytes beyond ASCII may be escaped.</summary>
    private static bool HostEscapes(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]) || (text[i + 1] < '8' && !text.AsSpan(i, 3).SequenceEqual("%25")))
                return false;
        }
        return true;
    }
}
