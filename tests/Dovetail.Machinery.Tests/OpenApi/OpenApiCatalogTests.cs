using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.OpenApi;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.OpenApi;

public class OpenApiCatalogTests
{
    [Fact]
    public void The_index_leads_to_every_group_version_by_hash()
    {
        var catalog = OpenApiCatalog.Create([.. BuiltInResources.All.Select(OpenApiResource.Of), Widget("1")]);
        var paths = Json(catalog.Index)["paths"]!.AsObject();
        paths.Select(static p => p.Key).ShouldContain("apis/example.org/v1");
        paths.Select(static p => p.Key).ShouldNotContain("apis/example.org");
        foreach (var (path, entry) in paths)
            entry!["serverRelativeURL"]!.GetValue<string>().ShouldBe($"/openapi/v3/{path}?hash={catalog.Find(path)!.Hash}");
    }

    [Fact]
    public void A_changed_CRD_rebuilds_only_its_group_version()
    {
        var before = OpenApiCatalog.Create([.. BuiltInResources.All.Select(OpenApiResource.Of), Widget("1")]);
        var core = before.Find("api/v1")!;
        var widgets = before.Find("apis/example.org/v1")!;
        var after = before.With([.. BuiltInResources.All.Select(OpenApiResource.Of), Widget("2")]);
        after.Find("api/v1").ShouldBeSameAs(core);
        after.Find("apis/example.org/v1")!.Hash.ShouldNotBe(widgets.Hash);
        after.Index.Hash.ShouldNotBe(before.Index.Hash);
        after.V2.Hash.ShouldNotBe(before.V2.Hash);
    }

    [Fact]
    public void A_custom_resource_has_what_every_object_has_and_a_list()
    {
        var schemas = Json(OpenApiCatalog.Create([Widget("1")]).Find("apis/example.org/v1")!)["components"]!["schemas"]!;
        var widget = schemas["org.example.v1.Widget"]!;
        widget["properties"]!.AsObject().Select(static p => p.Key).ShouldBe(["apiVersion", "kind", "metadata", "spec"]);
        widget["properties"]!["metadata"]!["allOf"]![0]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
        widget["x-kubernetes-group-version-kind"]!.ToJsonString().ShouldBe("""[{"group":"example.org","kind":"Widget","version":"v1"}]""");
        widget["properties"]!["spec"]!["properties"]!["size"]!.ToJsonString().ShouldBe("""{"description":"How big.","type":"integer","default":1,"minimum":0,"nullable":true}""");
        schemas["org.example.v1.WidgetList"]!["properties"]!["items"]!["items"]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/org.example.v1.Widget");
    }

    [Fact]
    public void Every_reference_in_every_document_resolves()
    {
        var catalog = OpenApiCatalog.Create([.. BuiltInResources.All.Select(OpenApiResource.Of), Widget("1")]);
        foreach (var path in catalog.Resources.Select(static r => r.GroupVersionPath).Distinct())
            Unresolved(Json(catalog.Find(path)!)).ShouldBeEmpty(path);
        Unresolved(Json(catalog.V2)).ShouldBeEmpty();
    }

    [Fact]
    public void kubectl_finds_field_validation_on_every_patch()
    {
        var paths = Json(OpenApiCatalog.Create([Widget("1")]).Find("apis/example.org/v1")!)["paths"]!;
        var patch = paths["/apis/example.org/v1/namespaces/{namespace}/widgets/{name}"]!["patch"]!;
        patch["parameters"]!.AsArray().Select(static p => p!["name"]!.GetValue<string>()).ShouldContain("fieldValidation");
        patch["x-kubernetes-group-version-kind"]!["kind"]!.GetValue<string>().ShouldBe("Widget");
    }

    private static IEnumerable<string> Unresolved(JsonObject document)
    {
        foreach (var reference in References(document).Distinct())
        {
            JsonNode? at = document;
            foreach (var step in reference[2..].Split('/'))
                at = at?[step];
            if (at is null)
                yield return reference;
        }
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(static p => p.Key == "$ref" && p.Value is JsonValue value && value.TryGetValue(out string? target) ? [target] : References(p.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };

    private static JsonObject Json(OpenApiDocument document) => JsonNode.Parse(document.Bytes())!.AsObject();

    private static OpenApiResource Widget(string fingerprint) => new()
    {
        Group = "example.org",
        Version = "v1",
        Kind = "Widget",
        ListKind = "WidgetList",
        Plural = "widgets",
        Namespaced = true,
        Subresources = [new("status", "Widget", ["get", "patch", "update"])],
        Schema = SchemaParser.Parse(JsonNode.Parse("""{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer","default":1,"minimum":0,"nullable":true,"description":"How big."}}}}}""")!.AsObject(), "s").Schema,
        DefinitionName = OpenApiResource.CustomDefinitionName("example.org", "v1", "Widget"),
        Fingerprint = fingerprint,
    };
}
