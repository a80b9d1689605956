using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using Dovetail.Cli.Api;
using Dovetail.Cli.Platform;
using Dovetail.Machinery.Yaml;
using Dovetail.Virt;

namespace Dovetail.Cli.Plan;

/// <summary>What <c>dovetail plan</c> was told.</summary>
/// <param name="File">A manifest, or - for standard input.</param>
internal sealed record PlanOptions(string? DataDir, string? Kubeconfig, string File, string? Namespace, bool Json);

/// <summary>
/// <c>dovetail plan</c>: what <c>kubectl apply</c> of a file would do to virtual machines and their guests, by a dry run on the server. Exit codes as kubectl diff: 0 nothing, 1 changes, 2 refused or an error.
/// </summary>
internal sealed class PlanCommand(TimeProvider time, TextReader input, TextWriter output)
{
    public const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    public const int Error = 2;
    private const int Changes = 1;

    public async Task<int> RunAsync(PlanOptions options, CancellationToken ct)
    {
        var documents = Documents(options.File == "-" ? await input.ReadToEndAsync(ct) : await File.ReadAllTextAsync(options.File, ct), options.File);
        using var api = ApiClient.Open(options.DataDir, options.Kubeconfig);
        var plans = new List<ChangePlan>();
        foreach (var document in documents) plans.Add(await OneAsync(api, document, options.Namespace ?? api.Namespace, ct));
        if (options.Json) await output.WriteAsync($"{JsonText.Of(new JsonObject { ["items"] = new JsonArray([.. plans.Select(plan => plan.ToJson())]) }, indented: true)}\n");
        else
            foreach (var plan in plans)
                await PrintAsync(plan);
        return plans.Exists(plan => plan.IsRefused) ? Error : plans.Exists(plan => plan.Changes.Length > 0) ? Changes : 0;
    }

    private static List<JsonObject> Documents(string text, string file)
    {
        try
        {
            var all = YamlToJson.ConvertAll(System.Text.Encoding.UTF8.GetBytes(text)).Select(bytes => JsonNode.Parse(bytes)).OfType<JsonObject>().ToList();
            if (all.Find(document => document["kind"]?.ToString() != nameof(VirtualMachine)) is { } other)
                throw new UserErrorException($"{file} holds a {other["kind"]?.ToString() ?? "document without a kind"}: only VirtualMachines can be planned", "Plan a file of VirtualMachines; kubectl diff compares everything else.");
            return all.Count > 0 ? all : throw new UserErrorException($"{file} holds no VirtualMachine", "Name a manifest of a VirtualMachine.");
        }
        catch (YamlFormatException e)
        {
            throw new UserErrorException($"{file}: {e.Message}", "Mend the YAML.");
        }
    }

    private async Task<ChangePlan> OneAsync(ApiClient api, JsonObject document, string defaultNamespace, CancellationToken ct)
    {
        var ns = document["metadata"]?["namespace"]?.ToString() is { Length: > 0 } given ? given : defaultNamespace;
        var name = document["metadata"]?["name"]?.ToString() is { Length: > 0 } told ? told : throw new UserErrorException("metadata.name is missing", "Name the VirtualMachine.");
        if (document["metadata"] is JsonObject metadata) metadata["namespace"] = ns;
        var collection = $"apis/kubevirt.io/v1/namespaces/{Uri.EscapeDataString(ns)}/virtualmachines";
        var path = $"{collection}/{Uri.EscapeDataString(name)}";
        var live = await api.FindAsync(path, ct);
        var answer = live is null
            ? await SendAsync(api, HttpMethod.Post, $"{collection}?dryRun=All&fieldManager=kubectl-client-side-apply&fieldValidation=Strict", document, "application/json", ct)
            : await PatchAsync(api, path, live, document, ct);
        if (answer is { IsSuccess: false, Status: not (HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.Conflict) })
            throw new UserErrorException(answer.Body?["message"]?.ToString() ?? $"the API server answered {(int)answer.Status}", "Nothing was changed.");
        var vmi = await api.FindAsync($"apis/kubevirt.io/v1/namespaces/{Uri.EscapeDataString(ns)}/virtualmachineinstances/{Uri.EscapeDataString(name)}", ct);
        var guest = vmi?.Deserialize(KubeVirtTypes.VirtualMachineInstances.Json);
        if (guest?.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true)?.Uid != live?["metadata"]?["uid"]?.ToString()) guest = null;
        var facts = new PlanFacts(ns, name, live, answer.IsSuccess ? answer.Body : null, guest, answer.IsSuccess ? null : answer.Body ?? [], time.GetUtcNow().UtcDateTime);
        return ChangePlanner.Decide(facts, json => json.Deserialize(KubeVirtTypes.VirtualMachines.Json)!);
    }

    /// <summary>As kubectl apply would: a three-way merge for whoever applied on the client, a server-side apply for everybody else.</summary>
    private static Task<ApiAnswer> PatchAsync(ApiClient api, string path, JsonObject live, JsonObject document, CancellationToken ct) =>
        live["metadata"]?["annotations"]?[LastApplied]?.ToString() is { } text && JsonNode.Parse(text) is JsonObject original
            ? SendAsync(api, HttpMethod.Patch, $"{path}?dryRun=All&fieldManager=kubectl-client-side-apply&fieldValidation=Strict", WithDeletions(original, document), "application/merge-patch+json", ct)
            : SendAsync(api, HttpMethod.Patch, $"{path}?dryRun=All&fieldManager=kubectl&force=true&fieldValidation=Strict", document, "application/apply-patch+yaml", ct);

    /// <summary>The file, with a null for each field that was applied last time and is not in it any more.</summary>
    internal static JsonObject WithDeletions(JsonObject original, JsonObject wanted)
    {
        var patch = (JsonObject)wanted.DeepClone();
        foreach (var (name, value) in original)
        {
            if (!wanted.TryGetPropertyValue(name, out var now)) patch[name] = null;
            else if (value is JsonObject before && now is JsonObject after) patch[name] = WithDeletions(before, after);
        }

        return patch;
    }

    private static async Task<ApiAnswer> SendAsync(ApiClient api, HttpMethod method, string path, JsonObject body, string type, CancellationToken ct)
    {
        using var content = new ByteArrayContent(JsonText.Bytes(body));
        content.Headers.ContentType = new(type);
        return await api.SendAsync(method, path, content, "application/json", ct);
    }

    private async Task PrintAsync(ChangePlan plan)
    {
        await output.WriteAsync($"{plan.Object} {plan.Summary}\n");
        foreach (var change in plan.Changes)
        {
            var word = change.Effect switch { Effect.Live => "live", Effect.Restart => "restart", Effect.NextStart => "next start", Effect.Refused => "refused" };
            var values = change switch
            {
                { Field.Length: 0 } or { Effect: Effect.Refused } => "",
                _ => $": {Show(change.Old)} -> {Show(change.New)}",
            };
            var parts = new[] { $"{change.Field}{values}", change.Message }.Where(part => part.Length > 0);
            await output.WriteAsync($"  {word,-10}  {string.Join(change.Effect == Effect.Refused ? ": " : "  # ", parts)}\n");
        }
    }

    private static string Show(JsonNode? value) => value is null ? "(none)" : JsonText.Of(value);
}
