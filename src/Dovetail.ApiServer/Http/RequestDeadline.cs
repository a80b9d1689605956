using System.Buffers;
using System.Globalization;
using Dovetail.ApiServer.Registry;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>How long a write may take: what the client says (<c>?timeout=30s</c>), at most <see cref="Longest"/>. What comes later may still happen; the client hears 504.</summary>
internal sealed class RequestDeadline : IDisposable
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private readonly CancellationTokenSource clock;
    private readonly CancellationTokenSource ending;
    private readonly CancellationToken aborted;

    private RequestDeadline(TimeSpan after, TimeProvider time, CancellationToken aborted)
    {
        this.aborted = aborted;
        clock = new CancellationTokenSource(after, time);
        ending = CancellationTokenSource.CreateLinkedTokenSource(aborted, clock.Token);
    }

    /// <summary>Upstream's <c>--request-timeout</c>.</summary>
    public static TimeSpan Longest => TimeSpan.FromSeconds(60);

    /// <summary>Cancelled by the client's going, or by time.</summary>
    public CancellationToken Token => ending.Token;

    /// <exception cref="Machinery.Errors.StatusException">400: a timeout that is no duration.</exception>
    public static RequestDeadline Of(HttpContext context, TimeProvider time)
    {
        var after = Longest;
        if (context.Request.QueryString.HasValue && QueryOptions.Text(context.Request.Query, "timeout") is { Length: > 0 } text)
        {
            var asked = Asked(text);
            if (asked > TimeSpan.Zero && asked < after) after = asked;
        }

        return new(after, time, context.RequestAborted);
    }

    /// <summary>Reads have no deadline, being done before any could pass; what they say about one is looked at all the same.</summary>
    /// <exception cref="Machinery.Errors.StatusException">400: a timeout that is no duration.</exception>
    public static void RequireReadable(HttpRequest request)
    {
        if (request.QueryString.HasValue && QueryOptions.Text(request.Query, "timeout") is { Length: > 0 } text) Asked(text);
    }

    private static TimeSpan Asked(string text)
    {
        if (Parse(text) is { } asked) return asked;
        var unit = text.AsSpan().TrimStart("+-").TrimStart("0123456789.");
        var end = unit.IndexOfAny(Digits);
        var known = Unit(end < 0 ? unit : unit[..end]) is not null;
        var why = unit.IsEmpty ? "missing unit in duration" : known || unit.Length >= text.TrimStart('+', '-').Length ? "invalid duration" : $"unknown unit \"{(end < 0 ? unit : unit[..end])}\" in duration";
        throw Refusals.BadRequest($"invalid timeout specified in the request URL - time: {why} \"{text}\"");
    }

    /// <exception cref="Machinery.Errors.StatusException">504: time ran out.</exception>
    public async ValueTask<T> KeepAsync<T>(ValueTask<T> work)
    {
        try
        {
            return await work;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            throw Refusals.Timeout();
        }
    }

    public void Dispose()
    {
        ending.Dispose();
        clock.Dispose();
    }

    /// <summary>Go's durations: <c>1h30m</c>, <c>1.5s</c>, <c>200ms</c>, <c>0</c>; null for anything else.</summary>
    internal static TimeSpan? Parse(string text)
    {
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+")) rest = rest[1..];
        if (rest is "0") return TimeSpan.Zero;
        var seconds = 0.0;
        if (rest.IsEmpty) return null;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
            rest = rest[digits..];
            var letters = rest.IndexOfAny(Digits);
            if (Unit(letters < 0 ? rest : rest[..letters]) is not { } unit) return null;
            seconds += number * unit;
            rest = letters < 0 ? [] : rest[letters..];
        }

        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2) * (negative ? -1 : 1));
    }

    private static double? Unit(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1e-9,
        "us" or "µs" or "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => null,
    };
}
