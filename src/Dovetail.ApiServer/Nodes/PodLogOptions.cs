using System.Globalization;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Nodes;

/// <summary>Which part of a container's log is wanted; what the kubelet is asked is <see cref="Query"/>.</summary>
internal sealed record PodLogOptions(string Container, string Query, bool SkipsVerification)
{
    /// <param name="query">The request's parameters.</param>
    /// <param name="pod">Whose log it is.</param>
    /// <exception cref="StatusException">400: a number that is none. 422: values that cannot be, every one at once.</exception>
    public static PodLogOptions Of(IQueryCollection query, string pod)
    {
        var tail = QueryOptions.Number(query, "tailLines");
        var limit = QueryOptions.Number(query, "limitBytes");
        var seconds = QueryOptions.Number(query, "sinceSeconds");
        var since = QueryOptions.Text(query, "sinceTime");
        var stream = QueryOptions.Text(query, "stream");
        if (since.Length > 0 && !DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            throw Refusals.BadRequest($"parsing time \"{since}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{since}\" as \"2006\"");
        Validate(pod, tail, limit, seconds, since, stream);
        List<string> parts = [];
        foreach (var flag in new[] { "follow", "previous", "timestamps" })
        {
            if (QueryOptions.Flag(query, flag)) parts.Add($"{flag}=true");
        }

        Add("sinceSeconds", seconds);
        if (since.Length > 0) parts.Add($"sinceTime={Uri.EscapeDataString(since)}");
        Add("tailLines", tail);
        Add("limitBytes", limit);
        if (stream.Length > 0) parts.Add($"stream={stream}");
        return new(QueryOptions.Text(query, "container"), parts.Count == 0 ? "" : $"?{string.Join('&', parts)}", QueryOptions.Flag(query, "insecureSkipTLSVerifyBackend"));

        void Add(string name, long? value)
        {
            if (value is { } number) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={number}"));
        }
    }

    private static void Validate(string pod, long? tail, long? limit, long? seconds, string since, string stream)
    {
        List<StatusCause> causes = [];
        if (tail < 0) causes.Add(Invalid("tailLines", tail.Value, "must be greater than or equal to 0"));
        if (limit < 1) causes.Add(Invalid("limitBytes", limit.Value, "must be greater than 0"));
        if (seconds is not null && since.Length > 0) causes.Add(new("FieldValueForbidden", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified", ""));
        else if (seconds < 1) causes.Add(Invalid("sinceSeconds", seconds.Value, "must be greater than 0"));
        if (stream is not ("" or "All" or "Stdout" or "Stderr")) causes.Add(QueryOptions.NotSupported("stream", $"\"{stream}\"", "\"All\", \"Stderr\", \"Stdout\""));
        else if (stream is "Stdout" or "Stderr" && tail is not null) causes.Add(new("FieldValueForbidden", "Forbidden: `tailLines` and specific `stream` are mutually exclusive for now", ""));
        if (causes.Count > 0) throw Refusals.Invalid("", "PodLogOptions", pod, causes);
    }

    private static StatusCause Invalid(string field, long value, string why) => new("FieldValueInvalid", string.Create(CultureInfo.InvariantCulture, $"Invalid value: {value}: {why}"), field);
}
