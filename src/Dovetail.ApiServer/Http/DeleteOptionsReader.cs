using System.Text.Json.Nodes;
using System.Text.Json;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Schemas;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>DeleteOptions come in the body, in the query, or not at all; the body wins.</summary>
internal static class DeleteOptionsReader
{
    /// <exception cref="Machinery.Errors.StatusException">400: the body is no DeleteOptions.</exception>
    public static async Task<DeleteOptions> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        var query = request.Query;
        var body = await RequestBody.ReadAsync(request, ct);
        if (body.Length == 0)
        {
            return new()
            {
                DryRun = QueryOptions.DryRun(query),
                GracePeriodSeconds = QueryOptions.Number(query, "gracePeriodSeconds"),
                PropagationPolicy = Policy(QueryOptions.Text(query, "propagationPolicy"), QueryOptions.Text(query, "orphanDependents")),
            };
        }

        var options = Parse(RequestBody.ToJson(body, MediaType.Bare(request.ContentType)));
        var preconditions = options.Child("preconditions") ?? [];
        var dryRun = options.Strings("dryRun").ToArray();
        if (dryRun.Any(d => d != "All")) throw Refusals.BadRequest("invalid dryRun: supported values: \"All\"");
        var orphan = options["orphanDependents"] is JsonValue value && value.TryGetValue(out bool flag) ? (flag ? "true" : "false") : "";
        return new()
        {
            DryRun = dryRun.Length > 0 || QueryOptions.DryRun(query),
            GracePeriodSeconds = options.Number("gracePeriodSeconds") ?? QueryOptions.Number(query, "gracePeriodSeconds"),
            PropagationPolicy = Policy(options.Text("propagationPolicy") is { Length: > 0 } named ? named : QueryOptions.Text(query, "propagationPolicy"), orphan),
            PreconditionUid = preconditions.Text("uid"),
            PreconditionResourceVersion = preconditions.Text("resourceVersion"),
        };
    }

    /// <summary><c>orphanDependents</c> is the older way to say the same.</summary>
    private static string Policy(string policy, string orphanDependents) => policy.Length > 0 ? policy : orphanDependents switch
    {
        "true" => "Orphan",
        "false" => "Background",
        _ => "",
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
            throw Refusals.BadRequest($"the DeleteOptions in the body cannot be read: {e.Message}");
        }

        return root is JsonObject options && options.Text("kind") is "" or "DeleteOptions"
            ? (JsonObject)root
            : throw Refusals.BadRequest("the body of a delete must be a DeleteOptions object");
    }
}
