using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Node.Kubelet.Logs;

/// <summary>Which streams of a container's output are wanted.</summary>
[Flags]
internal enum LogStreams
{
    Stdout = 1,
    Stderr = 2,
    All = 3,
}

/// <summary>The part of a log that is wanted; core/v1 PodLogOptions as the kubelet takes it.</summary>
internal sealed record LogRequest
{
    /// <summary>Lines of the file from its end; a long line that was recorded in pieces counts once for each.</summary>
    public long? TailLines { get; init; }

    /// <summary>At most so many bytes, timestamps included.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Nothing that was printed before.</summary>
    public DateTimeOffset Since { get; init; }

    public bool Follow { get; init; }

    public bool Timestamps { get; init; }

    /// <summary>The log of the container's last run but this one.</summary>
    public bool Previous { get; init; }

    public LogStreams Streams { get; init; } = LogStreams.All;

    /// <summary>Null with a refusal: the query is none.</summary>
    public static LogRequest? Parse(IQueryCollection query, DateTimeOffset now, out (int Code, string Text) refusal)
    {
        refusal = (StatusCodes.Status400BadRequest, """{"message": "Unable to decode query."}""");
        var tailText = query.TryGetValue("tail", out var old) && old != "all" ? old.ToString() : query["tailLines"].ToString();
        if (old == "all") tailText = "";
        if (!Number(tailText, out var tail) || !Number(query["limitBytes"], out var limit) || !Number(query["sinceSeconds"], out var seconds)) return null;
        var sinceText = query["sinceTime"].ToString();
        var since = DateTimeOffset.MinValue;
        if (sinceText.Length > 0 && !DateTimeOffset.TryParse(sinceText, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out since)) return null;
        LogStreams? streams = query["stream"].ToString() switch
        {
            "" or "All" => LogStreams.All,
            "Stdout" => LogStreams.Stdout,
            "Stderr" => LogStreams.Stderr,
            _ => null,
        };
        refusal = (StatusCodes.Status422UnprocessableEntity, """{"message": "Invalid request."}""");
        if (tail < 0 || limit < 1 || seconds < 1 || streams is null || seconds is not null && sinceText.Length > 0 || streams != LogStreams.All && tail is not null) return null;
        return new LogRequest
        {
            TailLines = tail,
            LimitBytes = limit,
            Since = seconds is { } back ? now - TimeSpan.FromSeconds(Math.Min(back, int.MaxValue)) : since,
            Follow = Flag(query["follow"]),
            Timestamps = Flag(query["timestamps"]),
            Previous = Flag(query["previous"]),
            Streams = streams.Value,
        };
    }

    private static bool Flag(string? text) => text is "true" or "1" or "True" or "TRUE" or "t" or "T";

    private static bool Number(string? text, out long? number)
    {
        number = null;
        if (string.IsNullOrEmpty(text)) return true;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return false;
        number = value;
        return true;
    }
}
