using System.Globalization;

namespace Dovetail.Machinery.Tables;

/// <summary>Durations as kubectl's AGE column shows them: at most two units, fewer the longer it is.</summary>
public static class HumanDuration
{
    public static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        if (seconds < -1) return "<invalid>"; // beyond what clocks may differ
        if (seconds < 0) return "0s";
        if (seconds < 120) return Text(seconds, "s");
        var minutes = seconds / 60;
        if (minutes < 10) return Two(minutes, "m", seconds % 60, "s");
        if (minutes < 180) return Text(minutes, "m");
        var hours = minutes / 60;
        if (hours < 8) return Two(hours, "h", minutes % 60, "m");
        if (hours < 48) return Text(hours, "h");
        var days = hours / 24;
        if (days < 8) return Two(days, "d", hours % 24, "h");
        if (days < 365 * 2) return Text(days, "d");
        return days < 365 * 8 ? Two(days / 365, "y", days % 365, "d") : Text(days / 365, "y");
    }

    /// <summary>The age of an RFC 3339 timestamp; <c>&lt;unknown&gt;</c> when there is none, <c>&lt;invalid&gt;</c> when it is none.</summary>
    public static string Since(string? timestamp, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(timestamp)) return "<unknown>";
        if (TryParseSeconds(timestamp, out var seconds)) return Format(now - seconds);
        return DateTimeOffset.TryParse(timestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? Format(now - time) : "<invalid>";
    }

    /// <summary>The form in which objects carry their times: <c>2026-11-23T11:00:00Z</c>.</summary>
    private static bool TryParseSeconds(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        time = default;
        if (text is not [_, _, _, _, '-', _, _, '-', _, _, 'T', _, _, ':', _, _, ':', _, _, 'Z']) return false;
        var (year, month, day) = (Digits(text[..4]), Digits(text[5..7]), Digits(text[8..10]));
        var (hour, minute, second) = (Digits(text[11..13]), Digits(text[14..16]), Digits(text[17..19]));
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 59) return false;
        time = new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero);
        return true;
    }

    /// <summary>-1 when there is anything else.</summary>
    private static int Digits(ReadOnlySpan<char> text)
    {
        var value = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit(digit)) return -1;
            value = (value * 10) + (digit - '0');
        }

        return value;
    }

    private static string Text(long value, string unit) => value.ToString(CultureInfo.InvariantCulture) + unit;

    private static string Two(long value, string unit, long rest, string restUnit) => rest == 0 ? Text(value, unit) : Text(value, unit) + Text(rest, restUnit);
}
