namespace Dovetail.ApiServer.Registry;

/// <summary>What Go's encoding/base64 (standard alphabet, padded, line breaks skipped) says of a text that is none.</summary>
internal static class GoBase64
{
    /// <returns>Null: it can be decoded.</returns>
    public static string? Fault(string text)
    {
        for (var at = 0; ;)
        {
            var digits = 0;
            while (digits < 4)
            {
                while (at < text.Length && text[at] is '\r' or '\n') at++;
                if (at == text.Length) return digits == 0 ? null : Illegal(at - digits);
                var c = text[at++];
                if (char.IsAsciiLetterOrDigit(c) || c is '+' or '/')
                {
                    digits++;
                    continue;
                }

                if (c != '=' || digits < 2) return Illegal(at - 1);
                return Padding(text, at, digits);
            }
        }
    }

    /// <summary>Behind the first '=': another one when two digits came before, and nothing else.</summary>
    private static string? Padding(string text, int at, int digits)
    {
        while (at < text.Length && text[at] is '\r' or '\n') at++;
        if (digits == 2)
        {
            if (at == text.Length) return Illegal(text.Length);
            if (text[at] != '=') return Illegal(at - 1);
            at++;
            while (at < text.Length && text[at] is '\r' or '\n') at++;
        }

        return at < text.Length ? Illegal(at) : null;
    }

    private static string Illegal(int at) => $"illegal base64 data at input byte {at}";
}
