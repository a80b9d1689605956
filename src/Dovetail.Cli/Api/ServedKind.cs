using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Api;

/// <summary>One resource as discovery tells it, in the version that its group prefers.</summary>
internal sealed record ServedKind(string Group, string Version, string Kind, string Plural, string Singular, ImmutableArray<string> ShortNames, bool Namespaced, ImmutableArray<string> Verbs)
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>deployments.apps</c></summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>The path of the collection (in one namespace, or in all when it is ""), or of one object.</summary>
    public string PathOf(string ns = "", string name = "") => string.Concat(
        Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}",
        ns.Length > 0 && Namespaced ? $"/namespaces/{Uri.EscapeDataString(ns)}" : "",
        $"/{Plural}",
        name.Length > 0 ? $"/{Uri.EscapeDataString(name)}" : "");

    /// <summary>Everything that is served, groups in the server's order.</summary>
    public static async Task<ImmutableArray<ServedKind>> ReadAllAsync(ApiClient api, CancellationToken ct)
    {
        var kinds = ImmutableArray.CreateBuilder<ServedKind>();
        foreach (var root in new[] { "api", "apis" })
        {
            var document = await api.FindAsync(root, Aggregated, ct) ?? [];
            foreach (var group in Items(document, "items"))
            {
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var version in Items(group, "versions"))
                    foreach (var resource in Items(version, "resources").Where(one => seen.Add(Text(one, "resource"))))
                        kinds.Add(Read(Text(group["metadata"] as JsonObject ?? [], "name"), Text(version, "version"), resource));
            }
        }

        return kinds.DrainToImmutable();
    }

    /// <summary>The kind that a user's word names: plural, singular, kind or short name, also as <c>NAME.GROUP</c>.</summary>
    /// <exception cref="UserErrorException">None does.</exception>
    public static ServedKind Find(ImmutableArray<ServedKind> all, string word) =>
        all.FirstOrDefault(kind => kind.IsCalled(word)) ?? throw new UserErrorException($"the server doesn't have a resource type \"{word}\"", "kubectl api-resources lists what it has.");

    private bool IsCalled(string word)
    {
        var dot = word.IndexOf('.', StringComparison.Ordinal);
        var name = dot < 0 ? word : word[..dot];
        if (dot >= 0 && !(Group.Length > 0 && Group.StartsWith(word[(dot + 1)..], StringComparison.OrdinalIgnoreCase))) return false;
        return ShortNames.Append(Plural).Append(Singular).Append(Kind).Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private static ServedKind Read(string group, string version, JsonObject resource) => new(
        group,
        version,
        Text(resource["responseKind"] as JsonObject ?? [], "kind"),
        Text(resource, "resource"),
        Text(resource, "singularResource"),
        Strings(resource, "shortNames"),
        Text(resource, "scope") == "Namespaced",
        Strings(resource, "verbs"));

    private static IEnumerable<JsonObject> Items(JsonObject obj, string name) => (obj[name] as JsonArray)?.OfType<JsonObject>() ?? [];

    private static ImmutableArray<string> Strings(JsonObject obj, string name) => [.. (obj[name] as JsonArray)?.Select(one => one!.ToString()) ?? []];

    private static string Text(JsonObject obj, string name) => obj[name]?.ToString() ?? "";
}
