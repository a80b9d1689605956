using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Discovery;

/// <summary>One group with its versions, the preferred one first.</summary>
internal sealed record DiscoveredGroup(string Name, string Preferred, ImmutableArray<DiscoveredVersion> Versions)
{
    public static DiscoveredGroup Of(IGrouping<string, ServedResource> group)
    {
        var versions = group.GroupBy(r => r.Version).OrderBy(v => v.Key, Crds.VersionOrder.PreferredFirst).Select(v => DiscoveredVersion.Of(group.Key, v.Key, v)).ToImmutableArray();
        return new(group.Key, versions[0].Name, versions);
    }

    public static DiscoveredGroup Of(AggregatedApi api) => new(
        api.Group, api.PreferredVersion, [.. api.ResourceLists.OrderBy(v => v.Version != api.PreferredVersion).Select(v => DiscoveredVersion.Of(api.Group, v.Version, v.ResourceList))]);

    /// <summary><c>APIGroup</c>; inside of a list it has no kind of its own.</summary>
    public JsonNode ApiGroup(bool nested)
    {
        var result = new JsonObject();
        if (!nested) (result["kind"], result["apiVersion"]) = ("APIGroup", "v1");
        result["name"] = Name;
        result["versions"] = new JsonArray([.. Versions.Select(v => Version(v.Name))]);
        result["preferredVersion"] = Version(Preferred);
        return result;
    }

    /// <summary><c>apidiscovery.k8s.io/v2 APIGroupDiscovery</c>.</summary>
    public JsonNode Aggregated() => new JsonObject
    {
        ["metadata"] = Name.Length == 0 ? new JsonObject() : new JsonObject { ["name"] = Name },
        ["versions"] = new JsonArray([.. Versions.Select(v => v.Aggregated())]),
    };

    private JsonNode Version(string version) => new JsonObject { ["groupVersion"] = $"{Name}/{version}", ["version"] = version };
}

/// <summary>One line of an APIResourceList.</summary>
internal sealed record DiscoveredResource(
    string Name, string Singular, bool Namespaced, string Group, string Version, string Kind, ImmutableArray<string> Verbs, ImmutableArray<string> ShortNames, ImmutableArray<string> Categories)
{
    /// <summary>Built-in resources leave group and version of their own kind empty in aggregated discovery, as upstream does; clients then take those of the list.</summary>
    public bool BuiltIn { get; init; }

    /// <summary>Changes when objects are stored in another version, so that a storage migrator knows; "" for what is not stored.</summary>
    public string StorageVersionHash { get; init; } = "";
}

/// <summary>One group version with its resources; subresources follow their resource, as <c>pods/status</c>.</summary>
internal sealed record DiscoveredVersion(string Group, string Name, ImmutableArray<DiscoveredResource> Resources)
{
    private string GroupVersion => Group.Length == 0 ? Name : $"{Group}/{Name}";

    public static DiscoveredVersion Of(string group, string version, IEnumerable<ServedResource> served)
    {
        var resources = ImmutableArray.CreateBuilder<DiscoveredResource>();
        foreach (var r in served)
        {
            resources.Add(new(r.Plural, r.Singular, r.Namespaced, "", "", r.Kind, [.. r.Verbs.Order(StringComparer.Ordinal)], r.ShortNames, r.Categories)
            {
                BuiltIn = !r.Custom,
                StorageVersionHash = r.Verbs.Contains("list") && r.Verbs.Contains("create") ? HashOfStorageVersion(r) : "",
            });
            foreach (var s in r.Subresources.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
            {
                var foreign = s.Group.Length > 0 && (s.Group != r.Group || s.Version != r.Version);
                resources.Add(new($"{r.Plural}/{s.Name}", "", r.Namespaced, foreign ? s.Group : "", foreign ? s.Version : "", s.Kind, s.Verbs, [], []) { BuiltIn = !r.Custom });
            }
        }

        return new(group, version, resources.ToImmutable());
    }

    public static DiscoveredVersion Of(string group, string version, ReadOnlyMemory<byte> resourceList)
    {
        var list = StoredJson.Tree(resourceList.Span)["resources"] as JsonArray ?? [];
        return new(group, version, [.. list.OfType<JsonObject>().Select(r => new DiscoveredResource(
            r.Text("name"),
            r.Text("singularName"),
            r.Flag("namespaced") == true,
            r.Text("group"),
            r.Text("version"),
            r.Text("kind"),
            [.. r.Strings("verbs")],
            [.. r.Strings("shortNames")],
            [.. r.Strings("categories")]))]);
    }

    public JsonNode ResourceList() => new JsonObject
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = GroupVersion,
        ["resources"] = new JsonArray([.. Resources.Select(Line)]),
    };

    /// <summary>Subresources stand inside of their resource; one whose resource is served elsewhere gets an entry without verbs around it.</summary>
    public JsonNode Aggregated()
    {
        var resources = new JsonArray();
        var byName = new Dictionary<string, JsonObject>();
        foreach (var resource in Resources)
        {
            var slash = resource.Name.IndexOf('/', StringComparison.Ordinal);
            var parent = slash < 0 ? resource.Name : resource.Name[..slash];
            if (!byName.TryGetValue(parent, out var entry))
            {
                byName[parent] = entry = slash < 0 ? Entry(resource) : Entry(resource with { Name = parent, Kind = "", Verbs = [] });
                resources.Add((JsonNode)entry);
            }

            if (slash < 0) continue;
            if (entry["subresources"] is not JsonArray subresources) entry["subresources"] = subresources = [];
            subresources.Add((JsonNode)new JsonObject
            {
                ["subresource"] = resource.Name[(slash + 1)..],
                ["responseKind"] = ResponseKind(resource),
                ["verbs"] = Strings(resource.Verbs),
            });
        }

        return new JsonObject { ["version"] = Name, ["resources"] = resources, ["freshness"] = "Current" };
    }

    private JsonObject Entry(DiscoveredResource resource)
    {
        var entry = new JsonObject { ["resource"] = resource.Name };
        if (resource.Kind.Length > 0) entry["responseKind"] = ResponseKind(resource);
        entry["scope"] = resource.Namespaced ? "Namespaced" : "Cluster";
        entry["singularResource"] = resource.Singular;
        entry["verbs"] = Strings(resource.Verbs);
        if (resource.ShortNames.Length > 0) entry["shortNames"] = Strings(resource.ShortNames);
        if (resource.Categories.Length > 0) entry["categories"] = Strings(resource.Categories);
        return entry;
    }

    private JsonObject ResponseKind(DiscoveredResource resource) => new()
    {
        ["group"] = resource.Version.Length > 0 || resource.BuiltIn ? resource.Group : Group,
        ["version"] = resource.Version.Length > 0 || resource.BuiltIn ? resource.Version : Name,
        ["kind"] = resource.Kind,
    };

    private static JsonNode Line(DiscoveredResource resource)
    {
        var line = new JsonObject { ["name"] = resource.Name, ["singularName"] = resource.Singular, ["namespaced"] = resource.Namespaced };
        if (resource.Group.Length > 0) line["group"] = resource.Group;
        if (resource.Version.Length > 0) line["version"] = resource.Version;
        line["kind"] = resource.Kind;
        line["verbs"] = Strings(resource.Verbs);
        if (resource.ShortNames.Length > 0) line["shortNames"] = Strings(resource.ShortNames);
        if (resource.Categories.Length > 0) line["categories"] = Strings(resource.Categories);
        if (resource.StorageVersionHash.Length > 0) line["storageVersionHash"] = resource.StorageVersionHash;
        return line;
    }

    /// <summary>Eight bytes of SHA-256 of group, version and kind in base64, as upstream's <c>discovery.StorageVersionHash</c>. Both events share core's objects.</summary>
    private static string HashOfStorageVersion(ServedResource resource)
    {
        var stored = resource.StoreName == "events" ? $"/v1/{resource.Kind}" : $"{resource.Group}/{resource.StorageVersion}/{resource.Kind}";
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(stored)).AsSpan(0, 8));
    }

    private static JsonArray Strings(ImmutableArray<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);
}
