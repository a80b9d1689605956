using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Tests.OpenApi;

namespace Dovetail.Machinery.Tests.Schemas;

public class SchemaParserTests
{
    [Fact]
    public void Every_structural_problem_is_named_by_its_path()
    {
        var parsed = SchemaParser.Parse(JsonNode.Parse("""
            {"type":"object","nullable":true,"properties":{
              "metadata":{"type":"object","properties":{"labels":{"type":"object"}}},
              "spec":{"type":"object","properties":{
                "untyped":{},
                "list":{"type":"array"},
                "map":{"type":"array","x-kubernetes-list-type":"map","items":{"type":"object","properties":{"a":{"type":"string"}}}},
                "both":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}},
                "bad":{"type":"text"},
                "regex":{"type":"string","pattern":"("},
                "choice":{"type":"object","anyOf":[{"type":"object"}]},
                "port":{"type":"string","x-kubernetes-int-or-string":true}
              }}}}
            """)!.AsObject(), "s");
        parsed.Problems.Select(static p => p.Field).ShouldBe(
        [
            "s.properties[spec].properties[untyped].type",
            "s.properties[spec].properties[list].items",
            "s.properties[spec].properties[map].x-kubernetes-list-map-keys",
            "s.properties[spec].properties[both].additionalProperties",
            "s.properties[spec].properties[bad].type",
            "s.properties[spec].properties[bad].type",
            "s.properties[spec].properties[regex].pattern",
            "s.properties[spec].properties[choice].anyOf[0].type",
            "s.properties[spec].properties[port].type",
            "s.nullable",
            "s.properties[metadata].properties[labels]",
        ], ignoreOrder: true);
    }

    [Fact]
    public void A_default_that_its_schema_refuses_is_a_problem()
    {
        var parsed = SchemaParser.Parse(JsonNode.Parse("""{"type":"object","properties":{"n":{"type":"integer","minimum":3,"default":1},"o":{"type":"object","default":{"x":1}}}}""")!.AsObject(), "s");
        parsed.Problems.Select(static p => $"{p.Field}: {p.Message}").ShouldBe(
        [
            "s.properties[n].default: Invalid value: 1: value in body should be greater than or equal to 3",
            "s.properties[o].default.x: Invalid value: null: must not have unknown fields",
        ]);
    }

    [Fact]
    public void Rules_in_CEL_are_named_so_that_a_caller_can_refuse_them()
    {
        var parsed = SchemaParser.Parse(JsonNode.Parse("""{"type":"object","properties":{"a":{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1","message":"m"}]}}}""")!.AsObject(), "s");
        parsed.Problems.ShouldBeEmpty();
        parsed.CelRulePaths.ShouldBe(["s.properties[a]"]);
        parsed.Schema.Properties.Find("a")!.CelRules.ShouldHaveSingleItem().Message.ShouldBe("m");
    }

    [Fact]
    public void The_platforms_own_CRDs_are_valid_and_structural()
    {
        var definition = BuiltInSchemas.Get("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition");
        var files = Directory.GetFiles(Path.Combine(ReferenceData.Repository(), "deploy/crds"), "*.json");
        files.ShouldNotBeEmpty();
        foreach (var file in files)
        {
            var crd = JsonObjectReader.Read(File.ReadAllBytes(file)).Root!.AsObject();
            foreach (var schema in OpenApiSchemas(crd))
                SchemaParser.Parse(schema, "s").Problems.ShouldBeEmpty(file);
            var report = SchemaWalk.Run(definition, crd, SchemaPasses.All);
            report.UnknownFields.ShouldBeEmpty(file);
            report.Causes.ShouldBeEmpty(file);
        }
    }

    private static IEnumerable<JsonObject> OpenApiSchemas(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(static p => p.Key == "openAPIV3Schema" && p.Value is JsonObject schema ? [schema] : OpenApiSchemas(p.Value)),
        JsonArray array => array.SelectMany(OpenApiSchemas),
        _ => [],
    };
}
