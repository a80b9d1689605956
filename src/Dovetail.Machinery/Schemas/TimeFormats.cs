using System.Globalization;
using System.Text.RegularExpressions;

namespace Dovetail.Machinery.Schemas;

/// <summary>The formats <c>date</c>, <c>date-time</c> and <c>duration</c>, as lax as upstream reads them.</summary>
internal static partial class TimeFormats
{
    private static readonly string[] ExactUnits = ["ns", "us", "µs", "ms", "s", "m", "h", "hr", "d", "w", "wk"];
    private static readonly string[] UnitPrefixes = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"];

    public static bool IsDate(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) || YearZero(text);

    /// <summary>A date, <c>t</c> and a time with its zone; any one character may stand before the fraction.</summary>
    public static bool IsDateTime(string text)
    {
        var parts = text.ToLowerInvariant().Split('t');
        return text.Length >= 4 && parts.Length >= 2 && IsDate(parts[0]) && Time().Match(parts[1]) is { Success: true } time
            && string.CompareOrdinal(time.Groups[1].Value, "23") <= 0 && string.CompareOrdinal(time.Groups[2].Value, "59") <= 0 && string.CompareOrdinal(time.Groups[3].Value, "59") <= 0;
    }

    /// <summary>Go's form (<c>1h30m</c>), or any text with numbers and units in it (<c>3 days</c>).</summary>
    public static bool IsDuration(string text)
    {
        if (GoDuration().IsMatch(text))
            return true;
        var found = false;
        foreach (Match part in Amount().Matches(text))
        {
            if (!long.TryParse(part.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                return false;
            var unit = part.Groups[2].Value.ToLowerInvariant();
            found |= ExactUnits.Contains(unit) || UnitPrefixes.Any(prefix => unit.StartsWith(prefix, StringComparison.Ordinal));
        }
        return found;
    }

    /// <summary>Go knows the year 0, a leap year.</summary>
    private static bool YearZero(string text) => text.StartsWith("0000-", StringComparison.Ordinal) && DateOnly.TryParseExact($"0004{text[4..]}", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex(@"\A([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Time();

    [GeneratedRegex(@"\A[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)\z", RegexOptions.NonBacktracking)]
    private static partial Regex GoDuration();

    [GeneratedRegex(@"([0-9]+)[\t\n\f\r ]*([A-Za-zµ]+)")]
    private static partial Regex Amount();
}
