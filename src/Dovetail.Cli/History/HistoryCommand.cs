using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Cli.Api;
using Dovetail.Cli.Platform;
using Dovetail.Machinery.Yaml;

namespace Dovetail.Cli.History;

/// <summary>What <c>dovetail history</c> was told.</summary>
/// <param name="Kind">"" with <paramref name="All"/>.</param>
/// <param name="From">A moment; null for the whole history of one object.</param>
/// <param name="To">A moment; null for now.</param>
/// <param name="Output">text, json or yaml.</param>
internal sealed record HistoryOptions(string? DataDir, string? Kubeconfig, string Kind, string Name, string? Namespace, string? From, string? To, bool All, string Output);

/// <summary><c>dovetail history</c>: who changed which field of an object when, or what differs between two moments.</summary>
internal sealed class HistoryCommand(TimeProvider time, TextWriter output)
{
    public async Task<int> RunAsync(HistoryOptions options, CancellationToken ct)
    {
        using var api = ApiClient.Open(options.DataDir, options.Kubeconfig);
        var kinds = await ServedKind.ReadAllAsync(api, ct);
        Print(options.Output, options.All ? await AllAsync(api, kinds, options, ct) : await OneAsync(api, ServedKind.Find(kinds, options.Kind), options, ct));
        return 0;
    }

    private async Task<ImmutableArray<HistoryLine>> OneAsync(ApiClient api, ServedKind kind, HistoryOptions options, CancellationToken ct)
    {
        var ns = kind.Namespaced ? options.Namespace ?? api.Namespace : "";
        var name = $"{kind.QualifiedName}/{options.Name}";
        if (options.From is null && options.To is null)
        {
            var history = await api.FindAsync($"{kind.PathOf(ns, options.Name)}?history=true", ct)
                ?? throw new UserErrorException($"{kind.QualifiedName} \"{options.Name}\" not found, and history knows nothing of it", "Deleted objects are found as long as history is kept; docs/history.md.");
            return HistoryReport.Of(kind.Kind, name, history["items"] as JsonArray ?? []);
        }

        var (from, to) = Moments(options);
        var old = await api.FindAsync($"{kind.PathOf(ns, options.Name)}?asOf={Uri.EscapeDataString(from)}", ct);
        var now = await api.FindAsync($"{kind.PathOf(ns, options.Name)}{(to is null ? "" : $"?asOf={Uri.EscapeDataString(to)}")}", ct);
        if (old is null && now is null) throw new UserErrorException($"{kind.QualifiedName} \"{options.Name}\" was there at neither moment", "dovetail history without --from shows all that is known.");
        return HistoryReport.Between(kind.Kind, name, old, now);
    }

    private async Task<ImmutableArray<HistoryLine>> AllAsync(ApiClient api, ImmutableArray<ServedKind> kinds, HistoryOptions options, CancellationToken ct)
    {
        var (from, to) = Moments(options);
        var lines = ImmutableArray.CreateBuilder<HistoryLine>();
        foreach (var kind in kinds.Where(kind => kind.Verbs.Contains("list") && kind.Plural is not ("events" or "leases") && (options.Namespace is null || kind.Namespaced)))
        {
            var old = await ListAsync(api, kind, options.Namespace ?? "", from, ct);
            var now = await ListAsync(api, kind, options.Namespace ?? "", to, ct);
            foreach (var key in old.Keys.Union(now.Keys).Order())
            {
                var name = $"{kind.QualifiedName}/{key.Name}{(key.Namespace.Length > 0 ? $" -n {key.Namespace}" : "")}";
                lines.AddRange(HistoryReport.Between(kind.Kind, name, old.GetValueOrDefault(key), now.GetValueOrDefault(key)));
            }
        }

        return lines.DrainToImmutable();
    }

    private (string From, string? To) Moments(HistoryOptions options) =>
        (Moment.Parse(options.From ?? throw new UserErrorException("--from is missing", "Say between which moments: --from 1h [--to 10m]."), time), options.To is null ? null : Moment.Parse(options.To, time));

    private static async Task<Dictionary<(string Namespace, string Name), JsonObject>> ListAsync(ApiClient api, ServedKind kind, string ns, string? asOf, CancellationToken ct)
    {
        var list = await api.FindAsync($"{kind.PathOf(ns)}{(asOf is null ? "" : $"?asOf={Uri.EscapeDataString(asOf)}")}", ct);
        return (list?["items"] as JsonArray ?? []).OfType<JsonObject>().ToDictionary(obj => (obj["metadata"]?["namespace"]?.ToString() ?? "", obj["metadata"]?["name"]?.ToString() ?? ""));
    }

    private void Print(string format, ImmutableArray<HistoryLine> lines)
    {
        if (format != "text")
        {
            var json = new JsonObject { ["items"] = new JsonArray([.. lines.Select(line => line.ToJson())]) };
            output.Write(format == "json" ? JsonText.Of(json, indented: true) + "\n" : JsonToYaml.Convert(JsonText.Bytes(json)));
            return;
        }

        foreach (var line in lines)
        {
            var head = string.Join("  ", new[] { line.Revision, line.Time, line.Manager, line.Revision.Length > 0 ? "" : line.Object }.Where(part => part.Length > 0));
            output.WriteLine(line.Field.Length == 0 ? $"{head}  {line.Operation.ToLowerInvariant()}"
                : line is { Old: null, New: null } ? $"{head}  {line.Field}"
                : $"{head}  {line.Field}: {Show(line.Old)} -> {Show(line.New)}");
        }
    }

    private static string Show(JsonNode? value) => value is null ? "(none)" : JsonText.Of(value);
}
