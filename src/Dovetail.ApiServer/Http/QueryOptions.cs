using System.Globalization;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Query parameters as options.</summary>
internal static class QueryOptions
{
    public static ListOptions List(IQueryCollection query) => new()
    {
        LabelSelector = Text(query, "labelSelector"),
        FieldSelector = Text(query, "fieldSelector"),
        ResourceVersion = Text(query, "resourceVersion"),
        ResourceVersionMatch = Match(query),
        Limit = Number(query, "limit") ?? 0,
        Continue = Text(query, "continue"),
    };

    public static WatchOptions Watch(IQueryCollection query, TimeSpan unlessAsked)
    {
        CheckWatchMatch(query);
        var seconds = Number(query, "timeoutSeconds");
        return new()
        {
            LabelSelector = Text(query, "labelSelector"),
            FieldSelector = Text(query, "fieldSelector"),
            ResourceVersion = Text(query, "resourceVersion"),
            AllowBookmarks = Flag(query, "allowWatchBookmarks"),
            SendInitialEvents = Flag(query, "sendInitialEvents"),
            Timeout = seconds is > 0 ? TimeSpan.FromSeconds(seconds.Value) : unlessAsked,
        };
    }

    public static WriteOptions Write(HttpRequest request) => new()
    {
        DryRun = DryRun(request.Query),
        FieldManager = Text(request.Query, "fieldManager") is { Length: > 0 } named ? named : FieldManager(request),
        FieldValidation = Text(request.Query, "fieldValidation"),
        Force = Flag(request.Query, "force"),
    };

    /// <exception cref="Machinery.Errors.StatusException">400: anything but <c>All</c>.</exception>
    public static bool DryRun(IQueryCollection query) => Text(query, "dryRun") switch
    {
        "" => false,
        "All" => true,
        var other => throw Refusals.BadRequest($"invalid dryRun: Unsupported value: \"{other}\": supported values: \"All\""),
    };

    public static string Text(IQueryCollection query, string name) => query.TryGetValue(name, out var value) ? value.ToString() : "";

    public static bool Flag(IQueryCollection query, string name) => Text(query, name) is "true" or "1" or "True" or "TRUE" or "t" or "T";

    /// <exception cref="Machinery.Errors.StatusException">400: no number.</exception>
    public static long? Number(IQueryCollection query, string name)
    {
        var text = Text(query, name);
        if (text.Length == 0) return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return number;
        throw Refusals.BadRequest($"parameter {name}: strconv.ParseInt: parsing \"{text}\": invalid syntax");
    }

    /// <summary>Upstream's rules of <c>resourceVersionMatch</c> and <c>sendInitialEvents</c> (apimachinery, ValidateListOptions).</summary>
    private static string Match(IQueryCollection query)
    {
        var match = Text(query, "resourceVersionMatch");
        if (Text(query, "sendInitialEvents").Length > 0) throw Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        if (match is not ("" or "Exact" or "NotOlderThan"))
            throw Refusals.InvalidListOptions(new("FieldValueNotSupported", $"Unsupported value: \"{match}\": supported values: \"Exact\", \"NotOlderThan\"", "resourceVersionMatch"));
        if (match.Length > 0 && Text(query, "resourceVersion").Length == 0) throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
        if (match.Length > 0 && Text(query, "continue").Length > 0) throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
        if (match == "Exact" && Text(query, "resourceVersion") == "0") throw Forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        return match;
    }

    private static void CheckWatchMatch(IQueryCollection query)
    {
        var match = Text(query, "resourceVersionMatch");
        if (Text(query, "sendInitialEvents").Length == 0)
        {
            if (match.Length > 0) throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            return;
        }

        if (match.Length == 0) throw Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        if (match != "NotOlderThan") throw Refusals.InvalidListOptions(new("FieldValueNotSupported", $"Unsupported value: \"{match}\": supported values: \"NotOlderThan\"", "resourceVersionMatch"));
    }

    private static Machinery.Errors.StatusException Forbidden(string field, string why) => Refusals.InvalidListOptions(new("FieldValueForbidden", "Forbidden: " + why, field));

    /// <summary>Who does not name itself is called by its user agent up to the first slash.</summary>
    private static string FieldManager(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString();
        var slash = agent.IndexOf('/', StringComparison.Ordinal);
        var name = slash >= 0 ? agent[..slash] : agent;
        return name.Length is 0 or > 128 ? "unknown" : name;
    }
}
