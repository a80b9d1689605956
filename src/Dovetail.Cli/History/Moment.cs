using System.Globalization;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.History;

/// <summary>A moment as users write it: a revision (<c>1234</c>), a time (<c>2026-11-23T10:00:00Z</c>), or how long ago (<c>10m</c>, <c>1h30m</c>, <c>2d</c>).</summary>
internal static class Moment
{
    /// <summary>As the API's <c>asOf</c> takes it.</summary>
    /// <exception cref="UserErrorException">It is none of these.</exception>
    public static string Parse(string text, TimeProvider time)
    {
        if (text.All(char.IsAsciiDigit) && text.Length > 0) return text;
        if (Ago(text) is { } ago) return (time.GetUtcNow() - ago).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        if (text.Contains('T', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)) return text;
        throw new UserErrorException($"\"{text}\" is no moment", "Give a revision (1234), a time (2026-11-23T10:00:00Z) or how long ago (10m, 2h, 1d).");
    }

    private static TimeSpan? Ago(string text)
    {
        var (total, number) = (TimeSpan.Zero, "");
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                number += c;
                continue;
            }

            if (number.Length is 0 or > 6) return null;
            var count = int.Parse(number, CultureInfo.InvariantCulture);
            TimeSpan? part = c switch
            {
                's' => TimeSpan.FromSeconds(count),
                'm' => TimeSpan.FromMinutes(count),
                'h' => TimeSpan.FromHours(count),
                'd' => TimeSpan.FromDays(count),
                _ => null,
            };
            if (part is null) return null;
            (total, number) = (total + part.Value, "");
        }

        return number.Length > 0 || total == TimeSpan.Zero ? null : total;
    }
}
