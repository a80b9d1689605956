using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;

namespace Dovetail.ApiServer.Http;

/// <summary>One clause of <c>Accept</c>: <c>application/json;as=Table;g=meta.k8s.io;v=v1;q=0.5</c>. Parameters that are not known say nothing.</summary>
internal sealed record AcceptClause(string Type, string SubType, double Quality)
{
    /// <summary>as, g, v: the kind that the answer is to be turned into.</summary>
    public string Kind { get; init; } = "";

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>"" or <c>watch</c>; anything else cannot be served.</summary>
    public string Stream { get; init; } = "";

    /// <summary>Asks for a server version, which there is none of.</summary>
    public bool ServerVersion { get; init; }

    public bool Pretty { get; init; }

    public bool Converts => Kind.Length + Group.Length + Version.Length > 0;

    public bool Takes(string subType) => (Type == "application" && (SubType == subType || SubType == "*")) || (Type == "*" && SubType == "*");
}

/// <summary>The clauses of an <c>Accept</c> header in the order in which they are tried (RFC 9110, 12.5.1): higher quality first, then as written, wildcards behind.</summary>
internal static class AcceptHeader
{
    /// <summary>Clients send the same few headers with every request; what does not fit is parsed each time.</summary>
    private const int Remembered = 128;

    private static readonly ConcurrentDictionary<string, ImmutableArray<AcceptClause>> Known = new(StringComparer.Ordinal);

    public static ImmutableArray<AcceptClause> Parse(string text)
    {
        if (Known.TryGetValue(text, out var known)) return known;
        ImmutableArray<AcceptClause> clauses =
        [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Clause).OrderByDescending(c => c.Quality).ThenBy(c => c.Type == "*").ThenBy(c => c.SubType == "*"),
        ];
        if (Known.Count < Remembered && text.Length < 1024) Known.TryAdd(text, clauses);
        return clauses;
    }

    private static AcceptClause Clause(string text)
    {
        var parts = text.Split(';', StringSplitOptions.TrimEntries);
        var slash = parts[0].IndexOf('/', StringComparison.Ordinal);
        var clause = slash < 0
            ? new AcceptClause(parts[0] == "*" ? "*" : "", parts[0] == "*" ? "*" : "", 1)
            : new AcceptClause(parts[0][..slash], parts[0][(slash + 1)..], 1);
        foreach (var part in parts.AsSpan(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) continue;
            var value = part[(equals + 1)..].Trim().Trim('"');
            clause = part[..equals].Trim() switch
            {
                "q" => clause with { Quality = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var quality) ? quality : 1 },
                "as" => clause with { Kind = value },
                "g" => clause with { Group = value },
                "v" => clause with { Version = value },
                "stream" => clause with { Stream = value },
                "sv" => clause with { ServerVersion = value.Length > 0 },
                "pretty" => clause with { Pretty = value == "1" },
                _ => clause,
            };
        }

        return clause;
    }
}
