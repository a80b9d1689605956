using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.OpenApi;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.OpenApi;

/// <summary>Compares whole documents with those of a Kubernetes 1.36 API server: every path, operation, parameter, media type and definition. Where we differ, and why:
/// <list type="bullet">
/// <item>descriptions are our own;</item>
/// <item>paths under <c>/watch/</c>, deprecated for years, are not served (<c>?watch=true</c> is), and so nothing refers to WatchEvent;</item>
/// <item>the parameters <c>shardSelector</c> and <c>ignoreStoreReadErrorWithClusterBreakingPotential</c> belong to alpha features that are not there;</item>
/// <item>DeleteOptions of version 2 is listed under the group versions that are served, where upstream lists old ones that it does not serve either;</item>
/// <item>parameters that version 2 shares have names without a hash;</item>
/// <item>documents of version 3 are not served as protobuf, which no client of Kubernetes asks for.</item>
/// </list></summary>
public class UpstreamDocumentTests
{
    private static readonly string[] AlphaParameters = ["shardSelector", "ignoreStoreReadErrorWithClusterBreakingPotential"];

    private static readonly OpenApiCatalog Catalog = OpenApiCatalog.Create([.. BuiltInResources.All.Select(OpenApiResource.Of)]);

    [Fact]
    public void Every_document_of_version_3_is_upstreams()
    {
        var differences = new List<string>();
        foreach (var file in ReferenceData.Files("kubernetes/openapi-v3"))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            var path = name == "openid_v1_jwks" ? "openid/v1/jwks" : name.Replace('_', '/');
            if (Catalog.Find(path) is not { } document)
                differences.Add($"{path} is missing");
            else
                Compare(path, Normalize(JsonNode.Parse(File.ReadAllBytes(file))!), Normalize(JsonNode.Parse(document.Bytes())!), differences);
        }
        differences.ShouldBeEmpty();
    }

    [Fact]
    public void The_document_of_version_2_is_upstreams()
    {
        var differences = new List<string>();
        Compare("v2", Normalize(ReferenceData.Json("kubernetes/openapi-v2.json")), Normalize(JsonNode.Parse(Catalog.V2.Bytes())!), differences);
        differences.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("crd-v3.json")]
    [InlineData("crd-v2.json")]
    public void A_custom_resource_is_described_as_upstream_describes_it(string golden)
    {
        var schema = JsonNode.Parse(File.ReadAllBytes(Data("crd-schema.json")))!.AsObject();
        var widget = new OpenApiResource
        {
            Group = "resb.example.com",
            Version = "v1",
            Kind = "Widget",
            ListKind = "WidgetList",
            Plural = "widgets",
            Namespaced = true,
            Subresources = [new("status", "Widget", ["get", "patch", "update"]), new("scale", "Scale", ["get", "patch", "update"]) { Group = "autoscaling", Version = "v1" }],
            Schema = SchemaParser.Parse(schema, "s").Schema,
            DefinitionName = OpenApiResource.CustomDefinitionName("resb.example.com", "v1", "Widget"),
            Fingerprint = "1",
        };
        var catalog = OpenApiCatalog.Create([widget]);
        var ours = Normalize(JsonNode.Parse((golden == "crd-v3.json" ? catalog.Find("apis/resb.example.com/v1")! : catalog.V2).Bytes())!);
        var theirs = Normalize(JsonNode.Parse(File.ReadAllBytes(Data(golden)))!);
        var differences = new List<string>();
        Compare("paths", theirs["paths"], Only(ours["paths"], theirs["paths"]), differences);
        var (ourSchemas, theirSchemas) = golden == "crd-v3.json" ? (ours["components"]!["schemas"], theirs["components"]!["schemas"]) : (ours["definitions"], theirs["definitions"]);
        Compare("definitions", theirSchemas, Only(ourSchemas, theirSchemas), differences);
        differences.ShouldBeEmpty();
    }

    /// <summary>The goldens have the custom resource's own parts only.</summary>
    private static JsonObject Only(JsonNode? ours, JsonNode? theirs) =>
        new(ours!.AsObject().Where(p => theirs!.AsObject().ContainsKey(p.Key)).Select(static p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));

    private static string Data(string name, [System.Runtime.CompilerServices.CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Data", name);

    private static JsonNode Normalize(JsonNode document)
    {
        var shared = document["parameters"] as JsonObject;
        var root = Strip(document, shared)!.AsObject();
        root.Remove("parameters");
        foreach (var path in root["paths"]!.AsObject().Select(static p => p.Key).Where(static p => p.Contains("/watch/")).ToArray())
            root["paths"]!.AsObject().Remove(path);
        var definitions = (root["definitions"] ?? root["components"]?["schemas"])?.AsObject() ?? [];
        definitions.Remove(OpenApiOperation.Meta + "WatchEvent");
        const string raw = "io.k8s.apimachinery.pkg.runtime.RawExtension";
        if (!root.ToJsonString().Contains($"/{raw}\"", StringComparison.Ordinal))
            definitions.Remove(raw);
        if (root["swagger"] is not null)
            definitions[OpenApiOperation.DeleteOptions]?.AsObject().Remove("x-kubernetes-group-version-kind");
        foreach (var (_, definition) in definitions)
        {
            if (definition!["required"] is JsonArray required)
                definition["required"] = Sorted(required);
        }
        return root;
    }

    /// <summary>Without descriptions, shared parameters in place, lists of parameters and media types in one order.</summary>
    private static JsonNode? Strip(JsonNode? node, JsonObject? shared)
    {
        if (node is JsonObject obj)
        {
            if (obj["$ref"] is JsonValue reference && reference.GetValue<string>() is var target && target.StartsWith("#/parameters/", StringComparison.Ordinal))
                return Strip(shared![target["#/parameters/".Length..]], null);
            var copy = new JsonObject();
            foreach (var (name, value) in obj)
            {
                if (name != "description" || value is not JsonValue)
                    copy[name] = name is "consumes" or "produces" && value is JsonArray types ? Sorted(types) : Strip(value, shared);
            }
            // A description is what makes upstream wrap a reference; alone it is the same as a bare one.
            return copy.Count == 1 && copy["allOf"] is JsonArray { Count: 1 } all ? all[0]!.DeepClone() : copy;
        }
        if (node is not JsonArray array)
            return node?.DeepClone();
        var items = array.Select(item => Strip(item, shared)).ToList();
        items.RemoveAll(static item => item is JsonObject parameter && parameter["name"] is JsonValue name && name.TryGetValue(out string? text) && AlphaParameters.Contains(text));
        return new JsonArray([.. items.OrderBy(static item => item is JsonObject parameter && parameter["in"] is not null ? parameter["name"]!.ToJsonString() + parameter["in"]!.ToJsonString() : "", StringComparer.Ordinal)]);
    }

    private static JsonArray Sorted(JsonArray texts) => new([.. texts.Select(static t => t!.GetValue<string>()).Order(StringComparer.Ordinal).Select(static t => JsonValue.Create(t))]);

    private static void Compare(string at, JsonNode? theirs, JsonNode? ours, List<string> differences)
    {
        if (differences.Count > 200)
            return;
        if (theirs is JsonObject left && ours is JsonObject right)
        {
            foreach (var key in left.Select(static p => p.Key).Union(right.Select(static p => p.Key)))
                Compare($"{at} {key}", left[key], right[key], differences);
        }
        else if (!JsonNode.DeepEquals(theirs, ours))
            differences.Add($"{at}: upstream {theirs?.ToJsonString() ?? "nothing"}, ours {ours?.ToJsonString() ?? "nothing"}");
    }
}
