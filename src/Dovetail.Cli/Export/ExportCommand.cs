using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Cli.Api;
using Dovetail.Cli.Platform;
using Dovetail.Machinery.Yaml;

namespace Dovetail.Cli.Export;

/// <summary>What <c>dovetail export</c> was told.</summary>
/// <param name="Namespace">Only what is in it; null for everything.</param>
/// <param name="Kinds">Only these, as kubectl names them; empty for all.</param>
internal sealed record ExportOptions(string? DataDir, string? Kubeconfig, string? Namespace, ImmutableArray<string> Kinds);

/// <summary><c>dovetail export</c>: every object that a user made as YAML that a real cluster takes, in an order in which it can be applied.</summary>
internal sealed class ExportCommand(TextWriter output)
{
    private const int Page = 500;

    public async Task<int> RunAsync(ExportOptions options, CancellationToken ct)
    {
        using var api = ApiClient.Open(options.DataDir, options.Kubeconfig);
        var served = await ServedKind.ReadAllAsync(api, ct);
        var asked = options.Kinds.Select(word => ServedKind.Find(served, word)).ToHashSet();
        var kinds = served
            .Where(kind => asked.Count == 0 ? ExportSelection.Takes(kind) : asked.Contains(kind))
            .Where(kind => options.Namespace is null || kind.Namespaced || (kind is { Group: "", Plural: "namespaces" }))
            .OrderBy(ExportSelection.Rank)
            .ToList();
        var exported = kinds.Select(kind => $"{kind.Group}/{kind.Kind}").ToHashSet(StringComparer.Ordinal);
        foreach (var kind in kinds)
            await foreach (var obj in ListAsync(api, kind, options.Namespace, ct))
            {
                obj["apiVersion"] = kind.ApiVersion;
                obj["kind"] = kind.Kind;
                if (!ExportSelection.Takes(obj, exported)) continue;
                await output.WriteAsync("---\n");
                await output.WriteAsync(JsonToYaml.Convert(JsonText.Bytes(PortableObject.Make(obj))));
            }

        return 0;
    }

    private static async IAsyncEnumerable<JsonObject> ListAsync(ApiClient api, ServedKind kind, string? ns, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        if (ns is not null && !kind.Namespaced)
        {
            yield return await api.FindAsync(kind.PathOf("", ns), ct) ?? throw new UserErrorException($"there is no namespace {ns}", "kubectl get namespaces lists them.");
            yield break;
        }

        for (var token = ""; ;)
        {
            var list = await api.FindAsync($"{kind.PathOf(ns ?? "")}?limit={Page}{(token.Length > 0 ? $"&continue={Uri.EscapeDataString(token)}" : "")}", ct);
            foreach (var obj in (list?["items"] as JsonArray ?? []).OfType<JsonObject>()) yield return obj;
            token = list?["metadata"]?["continue"]?.ToString() ?? "";
            if (token.Length == 0) yield break;
        }
    }
}
