using System.Globalization;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Query parameters as options, with upstream's validation of their combinations (apimachinery, <c>ValidateListOptions</c>).</summary>
internal static class QueryOptions
{
    private const int LongestFieldManager = 128;

    /// <exception cref="StatusException">400 for what cannot be read, 422 for options that do not go together.</exception>
    public static ListOptions List(IQueryCollection query)
    {
        var options = new ListOptions
        {
            AsOf = Text(query, "asOf"),
            LabelSelector = Text(query, "labelSelector"),
            FieldSelector = Text(query, "fieldSelector"),
            ResourceVersion = Text(query, "resourceVersion"),
            ResourceVersionMatch = Text(query, "resourceVersionMatch"),
            Limit = Number(query, "limit") ?? 0,
            Continue = Text(query, "continue"),
        };
        Number(query, "timeoutSeconds");
        var match = options.ResourceVersionMatch;
        if (match.Length == 0 && !query.ContainsKey("sendInitialEvents")) return options;
        List<StatusCause> causes = [];
        if (match.Length > 0)
        {
            if (options.ResourceVersion.Length == 0) causes.Add(Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            if (options.Continue.Length > 0) causes.Add(Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
            if (match is not ("Exact" or "NotOlderThan")) causes.Add(NotSupported("resourceVersionMatch", $"\"{match}\"", "\"Exact\", \"NotOlderThan\", \"\""));
            if (match == "Exact" && options.ResourceVersion == "0") causes.Add(Forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
        }

        if (query.ContainsKey("sendInitialEvents")) causes.Add(Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        Require("ListOptions", causes);
        return options;
    }

    /// <inheritdoc cref="List"/>
    public static WatchOptions Watch(IQueryCollection query, TimeSpan unlessAsked)
    {
        Number(query, "limit");
        var seconds = Number(query, "timeoutSeconds");
        var match = Text(query, "resourceVersionMatch");
        var revision = Text(query, "resourceVersion");
        bool? initial = query.ContainsKey("sendInitialEvents") ? Flag(query, "sendInitialEvents") : null;
        // A watch from "" or "0" is a streaming list to upstream, and judged as one.
        var streams = initial is not null || (match.Length == 0 && revision is "" or "0");
        if (initial is null && streams) match = "NotOlderThan";
        List<StatusCause> causes = [];
        if (initial is not null && match != "NotOlderThan") causes.Add(Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        if (match.Length > 0)
        {
            if (!streams) causes.Add(Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
            if (match != "NotOlderThan") causes.Add(NotSupported("resourceVersionMatch", $"\"{match}\"", "\"NotOlderThan\""));
            if (Text(query, "continue").Length > 0) causes.Add(Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
        }

        Require("ListOptions", causes);
        return new()
        {
            LabelSelector = Text(query, "labelSelector"),
            FieldSelector = Text(query, "fieldSelector"),
            ResourceVersion = revision,
            AllowBookmarks = Flag(query, "allowWatchBookmarks"),
            SendInitialEvents = initial,
            Timeout = seconds is > 0 ? TimeSpan.FromSeconds(Math.Min(seconds.Value, int.MaxValue)) : unlessAsked,
        };
    }

    /// <summary>The options of a write that <see cref="WriteOptionsRules"/> have passed.</summary>
    public static WriteOptions Write(HttpRequest request) => !request.QueryString.HasValue ? new() { FieldManager = FieldManager(request) } : new()
    {
        DryRun = request.Query["dryRun"].Count > 0,
        FieldManager = Text(request.Query, "fieldManager") is { Length: > 0 } named ? named : FieldManager(request),
        FieldValidation = Text(request.Query, "fieldValidation"),
        Force = Flag(request.Query, "force"),
    };

    /// <summary>Null when every value is <c>All</c>.</summary>
    public static StatusCause? InvalidDryRun(IReadOnlyCollection<string?> values) =>
        values.All(v => v == "All") ? null : NotSupported("dryRun", $"[{string.Join(',', values.Select(v => $"\"{v}\""))}]", "\"All\"");

    public static string Text(IQueryCollection query, string name) => query.TryGetValue(name, out var value) && value.Count > 0 ? value[0] ?? "" : "";

    /// <summary>Given and neither <c>false</c> nor <c>0</c>, as upstream's decoder of parameters has it.</summary>
    public static bool Flag(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var value) && value.Count > 0 && value[0] is not "0" && !string.Equals(value[0], "false", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="StatusException">400: no number.</exception>
    public static long? Number(IQueryCollection query, string name)
    {
        var text = Text(query, name);
        if (text.Length == 0) return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return number;
        var digits = text.AsSpan(text[0] is '-' or '+' ? 1 : 0);
        var why = digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') ? "invalid syntax" : "value out of range";
        throw Refusals.BadRequest($"strconv.ParseInt: parsing \"{text}\": {why}");
    }

    public static void Require(string kind, List<StatusCause> causes)
    {
        if (causes.Count > 0) throw Refusals.Invalid("meta.k8s.io", kind, "", causes);
    }

    public static StatusCause NotSupported(string field, string value, string supported) => new("FieldValueNotSupported", $"Unsupported value: {value}: supported values: {supported}", field);

    private static StatusCause Forbidden(string field, string why) => new("FieldValueForbidden", "Forbidden: " + why, field);

    /// <summary>Who does not name itself is called by its user agent up to the first slash.</summary>
    private static string FieldManager(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString();
        var slash = agent.IndexOf('/', StringComparison.Ordinal);
        var name = slash >= 0 ? agent[..slash] : agent;
        return name.Length is 0 or > LongestFieldManager ? "unknown" : name;
    }
}
