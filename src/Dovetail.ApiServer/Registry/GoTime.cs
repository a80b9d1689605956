using System.Globalization;

namespace Dovetail.ApiServer.Registry;

/// <summary>What Go's <c>time.Parse</c> says of a text that is no time of the API's layouts.</summary>
internal static class GoTime
{
    public const string Rfc3339 = "2006-01-02T15:04:05Z07:00";
    public const string Rfc3339Micro = "2006-01-02T15:04:05.000000Z07:00";

    /// <returns>Null: it is one.</returns>
    public static string? Fault(string text, string layout)
    {
        var micro = layout == Rfc3339Micro;
        var rest = text;
        string[] elements = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", micro ? ".000000" : "", "Z07:00"];
        Span<int> numbers = stackalloc int[elements.Length];
        for (var i = 0; i < elements.Length; i++)
        {
            var element = elements[i];
            var held = rest;
            var (taken, number, range) = Take(rest, element);
            if (taken < 0) return $"parsing time {Quoted(text)} as {Quoted(layout)}: cannot parse {Quoted(held)} as {Quoted(element)}";
            if (range.Length > 0) return $"parsing time {Quoted(text)}: {range} out of range";
            (rest, numbers[i]) = (rest[taken..], number);
        }

        if (rest.Length > 0) return $"parsing time {Quoted(text)}: extra text: {Quoted(rest)}";
        var days = numbers[0] > 0 ? DateTime.DaysInMonth(numbers[0], numbers[2]) : 29;
        return numbers[4] < 1 || numbers[4] > days ? $"parsing time {Quoted(text)}: day out of range" : null;
    }

    /// <returns>How many characters the element takes (-1: they are none), its number, and what of it is out of range.</returns>
    private static (int Taken, int Number, string Range) Take(string rest, string element) => element switch
    {
        "2006" => Digits(rest, 4) is { } year ? (4, year, "") : (-1, 0, ""),
        "01" => Digits(rest, 2) is { } month ? (2, month, month is < 1 or > 12 ? "month" : "") : (-1, 0, ""),
        "02" => Digits(rest, 2) is { } day ? (2, day, "") : (-1, 0, ""),
        "15" => Digits(rest, 2) is { } hour ? (2, hour, hour > 23 ? "hour" : "") : Digits(rest, 1) is { } digit ? (1, digit, "") : (-1, 0, ""),
        "04" => Digits(rest, 2) is { } minute ? (2, minute, minute > 59 ? "minute" : "") : (-1, 0, ""),
        "05" => Digits(rest, 2) is { } second ? (2, second, second > 59 ? "second" : "") : (-1, 0, ""),
        ".000000" => rest.Length >= 7 && rest[0] is '.' or ',' && Digits(rest[1..], 6) is { } micros ? (7, micros, "") : (-1, 0, ""),
        // A fraction of a second is taken though the layout has none.
        "" => (Fraction(rest), 0, ""),
        "Z07:00" => Zone(rest),
        _ => rest.StartsWith(element, StringComparison.Ordinal) ? (element.Length, 0, "") : (-1, 0, ""),
    };

    private static int Fraction(string rest)
    {
        if (rest.Length < 2 || rest[0] is not ('.' or ',') || !char.IsAsciiDigit(rest[1])) return 0;
        var at = 1;
        while (at < rest.Length && char.IsAsciiDigit(rest[at])) at++;
        return at;
    }

    private static (int Taken, int Number, string Range) Zone(string rest)
    {
        if (rest.StartsWith('Z')) return (1, 0, "");
        if (rest.Length < 6 || rest[0] is not ('+' or '-') || rest[3] != ':' || Digits(rest[1..], 2) is not { } hours || Digits(rest[4..], 2) is not { } minutes) return (-1, 0, "");
        return (6, 0, hours > 24 ? "time zone offset hour" : minutes > 60 ? "time zone offset minute" : "");
    }

    private static int? Digits(string text, int count) =>
        text.Length >= count && text.AsSpan(0, count).IndexOfAnyExceptInRange('0', '9') < 0 ? int.Parse(text.AsSpan(0, count), NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
