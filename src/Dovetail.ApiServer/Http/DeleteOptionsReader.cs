using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>DeleteOptions come in the body or in the query; a body is all that counts when there is one.</summary>
/// <remarks><c>ignoreStoreReadErrorWithClusterBreakingPotential</c> does nothing, as upstream without the feature AllowUnsafeMalformedObjectDeletion: there are no objects that cannot be read.</remarks>
internal static class DeleteOptionsReader
{
    /// <returns>The options, and whether <c>orphanDependents: false</c> was said: a deletion that takes its time is then a 202.</returns>
    /// <exception cref="StatusException">400 or 415: the body is no DeleteOptions. 422: the options do not go together.</exception>
    public static async Task<(DeleteOptions Options, bool Cascades)> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        var body = await RequestBody.ReadAsync(request, ct);
        if (body.Length == 0) return FromQuery(request.Query);
        var type = MediaType.Bare(request.ContentType);
        if (type is not ("" or MediaType.Json or MediaType.Yaml or MediaType.Protobuf))
            throw MediaType.Unsupported($"the body of the request was in an unknown format - accepted media types include: {MediaType.All}");
        return FromBody(Parse(RequestBody.ToJson(body, type)));
    }

    private static (DeleteOptions Options, bool Cascades) FromQuery(IQueryCollection query)
    {
        if (query.Count == 0) return (new(), false);
        var orphan = query.ContainsKey("orphanDependents") ? QueryOptions.Flag(query, "orphanDependents") : (bool?)null;
        var policy = query.ContainsKey("propagationPolicy") ? QueryOptions.Text(query, "propagationPolicy") : null;
        var dryRun = query["dryRun"];
        Validate(policy, orphan, dryRun);
        var options = new DeleteOptions
        {
            DryRun = dryRun.Count > 0,
            GracePeriodSeconds = QueryOptions.Number(query, "gracePeriodSeconds"),
            PropagationPolicy = Policy(policy, orphan),
        };
        return (options, orphan == false);
    }

    private static (DeleteOptions Options, bool Cascades) FromBody(JsonObject body)
    {
        var preconditions = body.Child("preconditions") ?? [];
        var dryRun = body.Strings("dryRun").ToArray();
        var orphan = body.Flag("orphanDependents");
        var policy = body["propagationPolicy"] is null ? null : body.Text("propagationPolicy");
        Validate(policy, orphan, dryRun);
        var options = new DeleteOptions
        {
            DryRun = dryRun.Length > 0,
            GracePeriodSeconds = body.Number("gracePeriodSeconds"),
            PropagationPolicy = Policy(policy, orphan),
            PreconditionUid = preconditions.Text("uid"),
            PreconditionResourceVersion = preconditions.Text("resourceVersion"),
        };
        return (options, orphan == false);
    }

    private static void Validate(string? policy, bool? orphan, IReadOnlyCollection<string?> dryRun)
    {
        List<StatusCause> causes = [];
        if (policy is not null && orphan is not null) causes.Add(new("FieldValueInvalid", $"Invalid value: \"{policy}\": orphanDependents and deletionPropagation cannot be both set", "propagationPolicy"));
        if (policy is not (null or "Foreground" or "Background" or "Orphan"))
            causes.Add(QueryOptions.NotSupported("propagationPolicy", $"\"{policy}\"", "\"Foreground\", \"Background\", \"Orphan\", \"nil\""));
        if (QueryOptions.InvalidDryRun(dryRun) is { } invalid) causes.Add(invalid);
        QueryOptions.Require("DeleteOptions", causes);
    }

    /// <summary><c>orphanDependents</c> is the older way to say the same.</summary>
    private static string Policy(string? policy, bool? orphan) => policy ?? orphan switch
    {
        true => "Orphan",
        false => "Background",
        null => "",
    };

    private static JsonObject Parse(ReadOnlyMemory<byte> body)
    {
        JsonNode? root;
        try
        {
            root = JsonObjectReader.Read(body.Span).Root;
        }
        catch (JsonException e)
        {
            throw Refusals.BadRequest($"couldn't get version/kind; json parse error: {e.Message}");
        }

        if (root is not JsonObject options) throw Refusals.BadRequest("couldn't get version/kind; json parse error: json: the DeleteOptions in the body are not an object");
        if (options.Text("kind") is "" or "DeleteOptions") return options;
        // Upstream names its own source to the client.
        throw Refusals.BadRequest($"no kind \"{options.Text("kind")}\" is registered for version \"{options.Text("apiVersion")}\" in scheme \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"");
    }
}
