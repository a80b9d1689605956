using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.BuiltIn;

public class BuiltInSchemaTests
{
    [Fact]
    public void Every_definition_of_the_compact_source_parses()
    {
        BuiltInSchemas.DefinitionNames.Count.ShouldBeGreaterThan(500);
        foreach (var name in BuiltInSchemas.DefinitionNames)
            BuiltInSchemas.Get(name).DefinitionName.ShouldBe(name);
    }

    [Fact]
    public void Every_served_resource_has_a_schema_of_its_own_kind()
    {
        foreach (var resource in BuiltInResources.All)
            resource.Schema.Kinds.ShouldContain(new GroupVersionKind(resource.Group, resource.Version, resource.Kind));
    }

    [Fact]
    public void A_recursive_definition_refers_to_itself()
    {
        var props = BuiltInSchemas.Get("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
        props.Properties.Find("properties")!.AdditionalProperties!.Properties.ShouldBeSameAs(props.Properties);
    }

    [Fact]
    public void A_pod_is_pruned_defaulted_and_validated_in_one_walk()
    {
        var pod = Parse("""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","nonsense":1},
             "spec":{"restartPolicy":"Sometimes","foo":1,"containers":[{"name":"c","bar":{},"image":7,"ports":[{"containerPort":80,"protocol":null}],"resources":{"limits":{"cpu":1,"memory":"x"}}}]}}
            """);
        var report = SchemaWalk.Run(BuiltInSchemas.Get("io.k8s.api.core.v1.Pod"), pod, SchemaPasses.All);
        report.UnknownFields.ShouldBe(["metadata.nonsense", "spec.foo", "spec.containers[0].bar"]);
        report.Causes.Select(static c => $"{c.Reason} {c.Field}: {c.Message}").ShouldBe(
        [
            "FieldValueNotSupported spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\"",
            "FieldValueTypeInvalid spec.containers[0].image: Invalid value: \"integer\": spec.containers[0].image in body must be of type string: \"integer\"",
            "FieldValueInvalid spec.containers[0].resources.limits.memory: Invalid value: \"x\": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ]);
        pod["spec"]!["containers"]![0]!["ports"]![0]!["protocol"]!.GetValue<string>().ShouldBe("TCP");
        pod["status"]!.ToJsonString().ShouldBe("{}");
    }

    private static JsonObject Parse(string json) => JsonObjectReader.Read(Encoding.UTF8.GetBytes(json)).Root!.AsObject();
}
