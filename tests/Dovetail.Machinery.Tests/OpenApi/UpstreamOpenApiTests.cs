using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.OpenApi;

namespace Dovetail.Machinery.Tests.OpenApi;

/// <summary>Compares what we serve with what a Kubernetes 1.36 API server serves (DOVETAIL_REFERENCE). Where we differ, and why:
/// descriptions are our own, and the order of <c>required</c>. Everything else of the definitions is equal; whole documents are compared by <see cref="UpstreamDocumentTests"/>.</summary>
public class UpstreamOpenApiTests
{
    [Fact]
    public void Every_definition_is_upstreams()
    {
        var differences = new List<string>();
        foreach (var (name, upstream) in UpstreamDefinitions())
        {
            if (BuiltInSchemas.Find(name) is null)
            {
                differences.Add($"{name} is missing");
                continue;
            }
            Compare(name, Normalize(upstream, isMeta: name.Contains("apimachinery")), Normalize(Ours(name), isMeta: name.Contains("apimachinery")), differences);
        }
        differences.ShouldBeEmpty();
    }

    [Fact]
    public void Every_served_resource_is_in_upstreams_discovery_with_our_names()
    {
        var upstream = new Dictionary<(string, string, string), JsonNode>();
        foreach (var file in (string[])["kubernetes/discovery-api.json", "kubernetes/discovery-apis.json"])
        {
            foreach (var group in ReferenceData.Json(file)["items"]!.AsArray())
            foreach (var version in group!["versions"]!.AsArray())
            foreach (var resource in version!["resources"]!.AsArray())
                upstream[(group["metadata"]!["name"]?.GetValue<string>() ?? "", version["version"]!.GetValue<string>(), resource!["resource"]!.GetValue<string>())] = resource;
        }
        foreach (var ours in BuiltInResources.All)
        {
            var theirs = upstream[(ours.Group, ours.Version, ours.Plural)];
            Texts(theirs["shortNames"]).ShouldBe(ours.ShortNames, ours.Plural);
            Texts(theirs["categories"]).ShouldBe(ours.Categories, ours.Plural);
            Texts(theirs["verbs"]).ShouldBe(ours.Verbs, ours.Plural);
            theirs["singularResource"]!.GetValue<string>().ShouldBe(ours.Singular);
            theirs["scope"]!.GetValue<string>().ShouldBe(ours.Namespaced ? "Namespaced" : "Cluster");
            foreach (var subresource in ours.Subresources)
            {
                var match = theirs["subresources"]!.AsArray().Single(s => s!["subresource"]!.GetValue<string>() == subresource.Name)!;
                Texts(match["verbs"]).ShouldBe(subresource.Verbs, $"{ours.Plural}/{subresource.Name}");
                match["responseKind"]!["kind"]!.GetValue<string>().ShouldBe(subresource.Kind);
            }
        }
    }

    private static ImmutableArray<string> Texts(JsonNode? array) => [.. (array?.AsArray() ?? []).Select(static n => n!.GetValue<string>())];

    private static Dictionary<string, JsonObject> UpstreamDefinitions()
    {
        var definitions = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var file in ReferenceData.Files("kubernetes/openapi-v3"))
        {
            if (JsonNode.Parse(File.ReadAllBytes(file))?["components"]?["schemas"] is not JsonObject schemas)
                continue;
            foreach (var (name, definition) in schemas)
                definitions[name] = definition!.AsObject();
        }
        return definitions;
    }

    private static JsonNode Ours(string name)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, SchemaWriter.Options))
            new SchemaWriter(json, v2: false).Definition(BuiltInSchemas.Get(name));
        return JsonNode.Parse(buffer.WrittenSpan)!;
    }

    private static JsonNode Normalize(JsonNode definition, bool isMeta)
    {
        var copy = definition.DeepClone().AsObject();
        if (isMeta)
            copy.Remove("x-kubernetes-group-version-kind"); // of the group versions of a document
        if (copy["required"] is JsonArray required)
            copy["required"] = new JsonArray([.. Texts(required).Order(StringComparer.Ordinal).Select(static t => JsonValue.Create(t))]);
        DropDescriptions(copy);
        foreach (var (_, field) in copy["properties"]?.AsObject() ?? [])
            DropDescriptions(field!.AsObject());
        return copy;
    }

    private static void DropDescriptions(JsonObject schema)
    {
        schema.Remove("description");
        // A description is what makes upstream wrap a reference; alone it is the same as a bare one.
        if (schema.Count == 1 && schema["allOf"] is JsonArray { Count: 1 } all && all[0]!["$ref"]?.GetValue<string>() is { } target)
        {
            schema.Clear();
            schema["$ref"] = target;
        }
    }

    private static void Compare(string at, JsonNode? theirs, JsonNode? ours, List<string> differences)
    {
        if (theirs is JsonObject left && ours is JsonObject right)
        {
            foreach (var key in left.Select(static p => p.Key).Union(right.Select(static p => p.Key)))
                Compare($"{at}.{key}", left[key], right[key], differences);
        }
        else if (!JsonNode.DeepEquals(theirs, ours))
            differences.Add($"{at}: upstream {theirs?.ToJsonString() ?? "nothing"}, ours {ours?.ToJsonString() ?? "nothing"}");
    }
}
