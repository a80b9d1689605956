using System.Globalization;

namespace Dovetail.Machinery.Patch;

/// <summary>RFC 6901: the tokens of a JSON pointer, unescaped.</summary>
internal static class JsonPointer
{
    /// <summary>Null when the pointer is neither empty nor begins with a slash.</summary>
    public static string[]? Parse(string pointer)
    {
        if (pointer.Length == 0) return [];
        if (pointer[0] != '/') return null;
        var tokens = pointer[1..].Split('/');
        for (var i = 0; i < tokens.Length; i++)
            if (tokens[i].Contains('~', StringComparison.Ordinal))
                tokens[i] = tokens[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        return tokens;
    }

    /// <summary>An array index as RFC 6901 writes it: digits without leading zeros; negative numbers count from the end, as upstream's library allows.</summary>
    public static bool TryIndex(string token, int count, out int index)
    {
        index = -1;
        var digits = token.StartsWith('-') ? token[1..] : token;
        if (digits.Length == 0 || (digits.Length > 1 && digits[0] == '0')) return false;
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out index)) return false;
        if (token[0] == '-') index = count - index;
        return index >= 0;
    }
}
