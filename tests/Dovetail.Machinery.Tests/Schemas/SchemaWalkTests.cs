using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Schemas;

public class SchemaWalkTests
{
    private const string Widget = """
        {"type":"object","required":["spec"],"properties":{
          "spec":{"type":"object","required":["size"],"properties":{
            "size":{"type":"integer","minimum":1,"maximum":9},
            "mode":{"type":"string","enum":["fast","slow"],"default":"fast"},
            "name":{"type":"string","minLength":2,"maxLength":5,"pattern":"^[a-z]+$"},
            "when":{"type":"string","format":"date-time"},
            "port":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]},
            "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"known":{"type":"object","properties":{"a":{"type":"string"}}}}},
            "labels":{"type":"object","additionalProperties":{"type":"string"}},
            "tags":{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set","maxItems":3},
            "parts":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["id"],"items":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"weight":{"type":"number","default":1.5}}}},
            "maybe":{"type":"string","nullable":true},
            "template":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true},
            "nested":{"type":"object","default":{},"properties":{"deep":{"type":"boolean","default":true}}},
            "one":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}
          }}}}
        """;

    private static readonly Schema Schema = Parse(Widget);

    [Theory]
    [InlineData("""{"size":0}""", "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1")]
    [InlineData("""{"size":10}""", "spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9")]
    [InlineData("""{"size":"1"}""", "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"")]
    [InlineData("""{"size":1.5}""", "spec.size: Invalid value: \"number\": spec.size in body must be of type integer: \"number\"")]
    [InlineData("""{}""", "spec.size: Required value")]
    [InlineData("""{"size":null}""", "spec.size: Required value")]
    [InlineData("""{"size":1,"mode":"x"}""", "spec.mode: Unsupported value: \"x\": supported values: \"fast\", \"slow\"")]
    [InlineData("""{"size":1,"name":"abcdef"}""", "spec.name: Too long: may not be more than 5 bytes")]
    [InlineData("""{"size":1,"name":"a"}""", "spec.name: Invalid value: \"a\": spec.name in body should be at least 2 chars long")]
    [InlineData("""{"size":1,"name":"ab\n"}""", "spec.name: Invalid value: \"ab\\n\": spec.name in body should match '^[a-z]+$'")]
    [InlineData("""{"size":1,"when":"soon"}""", "spec.when: Invalid value: \"soon\": spec.when in body must be of type date-time: \"soon\"")]
    [InlineData("""{"size":1,"port":true}""", "spec.port: Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\"")]
    [InlineData("""{"size":1,"labels":{"a":1}}""", "spec.labels.a: Invalid value: \"integer\": spec.labels.a in body must be of type string: \"integer\"")]
    [InlineData("""{"size":1,"tags":["a","b","a"]}""", "spec.tags[2]: Duplicate value: \"a\"")]
    [InlineData("""{"size":1,"tags":["a","b","c","d"]}""", "spec.tags: Too many: 4: must have at most 3 items")]
    [InlineData("""{"size":1,"parts":[{"id":"a"},{"id":"a","weight":2}]}""", "spec.parts[1]: Duplicate value: {\"id\":\"a\"}")]
    [InlineData("""{"size":1,"parts":[{}]}""", "spec.parts[0].id: Required value")]
    [InlineData("""{"size":1,"template":{"apiVersion":"v1"}}""", "spec.template.kind: Required value")]
    [InlineData("""{"size":1,"one":{}}""", "<nil>: Invalid value: \"\": \"spec.one\" must validate one and only one schema (oneOf). Found none valid")]
    public void A_broken_rule_is_worded_as_upstream_words_it(string spec, string cause) =>
        Walk(spec, out _).Causes.Select(static c => $"{c.Field}: {c.Message}").First().ShouldBe(cause);

    [Fact]
    public void Defaults_fill_in_what_is_absent_down_to_nested_objects()
    {
        Walk("""{"size":1,"parts":[{"id":"a"}]}""", out var obj).Causes.ShouldBeEmpty();
        obj["spec"]!.ToJsonString().ShouldBe("""{"size":1,"parts":[{"id":"a","weight":1.5}],"mode":"fast","nested":{"deep":true}}""");
    }

    [Fact]
    public void Null_gives_way_to_a_default_and_stays_where_it_is_allowed()
    {
        Walk("""{"size":1,"mode":null,"maybe":null}""", out var obj).Causes.ShouldBeEmpty();
        obj["spec"]!["mode"]!.GetValue<string>().ShouldBe("fast");
        obj["spec"]!.AsObject().ContainsKey("maybe").ShouldBeTrue();
    }

    [Fact]
    public void Pruning_names_what_it_drops_and_spares_what_is_preserved()
    {
        var report = Walk("""{"size":1,"x":1,"free":{"y":1,"known":{"z":1}},"parts":[{"id":"a","w":1}],"template":{"apiVersion":"v1","kind":"K","q":1,"metadata":{"name":"n","bad":1}}}""", out var obj);
        report.UnknownFields.ShouldBe(["spec.x", "spec.free.known.z", "spec.parts[0].w", "spec.template.metadata.bad"]);
        obj["spec"]!["free"]!.ToJsonString().ShouldBe("""{"y":1,"known":{}}""");
        obj["spec"]!["template"]!["q"]!.GetValue<long>().ShouldBe(1);
    }

    [Fact]
    public void A_second_walk_changes_and_finds_nothing_more()
    {
        Gen.Select(GenJson(3), GenJson(2)).Sample((a, b) =>
        {
            var obj = new JsonObject { ["spec"] = a?.DeepClone(), ["other"] = b?.DeepClone() };
            var first = SchemaWalk.Run(Schema, obj, SchemaPasses.All);
            var before = obj.ToJsonString();
            var second = SchemaWalk.Run(Schema, obj, SchemaPasses.All);
            obj.ToJsonString().ShouldBe(before);
            second.UnknownFields.ShouldBeEmpty();
            second.Changed.ShouldBeFalse();
            second.Causes.ShouldBe(first.Causes);
        }, iter: 2000);
    }

    [Fact]
    public void What_is_read_is_what_was_written()
    {
        GenJson(4).Sample(node =>
        {
            var text = node?.ToJsonString() ?? "null";
            var read = JsonObjectReader.Read(Encoding.UTF8.GetBytes(text));
            read.DuplicateFields.ShouldBeEmpty();
            (read.Root?.ToJsonString() ?? "null").ShouldBe(text);
        }, iter: 2000);
    }

    [Fact]
    public void Duplicate_fields_are_named_and_the_last_one_counts()
    {
        var read = JsonObjectReader.Read("""{"a":1,"spec":{"l":[{"x":1,"x":2}],"b":1,"b":null},"a":3}"""u8);
        read.DuplicateFields.ShouldBe(["spec.l[0].x", "spec.b", "a"]);
        read.Root!.ToJsonString().ShouldBe("""{"a":3,"spec":{"l":[{"x":2}],"b":null}}""");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("")]
    [InlineData("[1,]")]
    [InlineData("1e999")]
    [InlineData("\"\\ud800\"")]
    public void What_is_not_one_JSON_value_is_refused(string text) =>
        Should.Throw<System.Text.Json.JsonException>(() => JsonObjectReader.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Nesting_without_end_is_refused() =>
        Should.Throw<System.Text.Json.JsonException>(() => JsonObjectReader.Read(Encoding.UTF8.GetBytes(new string('[', 100_000))));

    private static SchemaReport Walk(string spec, out JsonObject obj)
    {
        obj = JsonObjectReader.Read(Encoding.UTF8.GetBytes($$$"""{"apiVersion":"a/v1","kind":"Widget","metadata":{"name":"w"},"spec":{{{spec}}}}""")).Root!.AsObject();
        return SchemaWalk.Run(Schema, obj, SchemaPasses.All);
    }

    private static Schema Parse(string json)
    {
        var parsed = SchemaParser.Parse(JsonNode.Parse(json)!.AsObject(), "schema");
        parsed.Problems.ShouldBeEmpty();
        return parsed.Schema;
    }

    private static Gen<string> Pick(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    /// <summary>Any JSON, with field names that the schema knows more often than not.</summary>
    private static Gen<JsonNode?> GenJson(int depth)
    {
        var name = Pick("size", "mode", "name", "port", "labels", "tags", "parts", "maybe", "template", "nested", "one", "id", "kind", "metadata", "a", "z");
        var scalar = Gen.OneOf(
            Gen.Int[-3, 12].Select(static i => (JsonNode?)JsonValue.Create((long)i)),
            Pick("fast", "slow", "", "ab", "\n").Select(static s => (JsonNode?)JsonValue.Create(s)),
            Gen.Bool.Select(static b => (JsonNode?)JsonValue.Create(b)),
            Gen.Const((JsonNode?)null));
        if (depth == 0)
            return scalar;
        var inner = GenJson(depth - 1);
        var array = inner.Array[0, 4].Select(static items => (JsonNode?)new JsonArray([.. items.Select(static i => i?.DeepClone())]));
        var obj = Gen.Select(name, inner).Array[0, 6].Select(static fields =>
        {
            var made = new JsonObject();
            foreach (var (key, value) in fields)
                made[key] = value?.DeepClone();
            return (JsonNode?)made;
        });
        return Gen.Frequency((1, scalar), (1, array), (3, obj));
    }
}
