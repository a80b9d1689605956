using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.JsonPath;
using Dovetail.Machinery.Protobuf;
using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Selectors;
using Dovetail.Machinery.Yaml;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>Every parser of what clients send: it reads, or refuses in the one way that its callers expect, in bounded time.</summary>
public sealed class ParserFuzzTests
{
    private static readonly string[] YamlParts =
    [
        "a: b\n", "- a\n", "a: &x [1, 2]\n", "b: *x\n", "<<: *x\n", "? a\n: b\n", "a: |\n  text\n", "a: >-\n  text\n", "'a': \"b\\n\"\n", "a: !!int 1\n", "--- \n", "...\n", "# c\n", "%YAML 1.1\n---\n", "{a: b, c: [d]}\n",
        "  ", "\t", "a: {<<: [*x, *y]}\n", "&x\n", "*x\n", "!t ", "!<tag:x> ", "|+2\n", "- - - a\n", "\"\\x41\\u0041\\U00000041\\/\"\n", "a:\n- b\n-\n  c: d\n",
    ];

    [Fact]
    public void JSON_is_read_or_refused_as_no_JSON() => FuzzRun.Seeds(random =>
    {
        var bytes = random.Next(2) == 0 ? new NastyJson(random).Any(6) : NastyText.Mutate(random, new NastyJson(random).Any(6));
        if (Refused<JsonException>(() => JsonObjectReader.Read(bytes)) || JsonObjectReader.Read(bytes).Root is not { } root) return;
        // What is accepted survives being written and read again.
        var again = JsonObjectReader.Read(ObjectRenderer.Bytes(root)).Root;
        JsonNode.DeepEquals(root, again).ShouldBeTrue($"{Encoding.UTF8.GetString(bytes)} is read differently when it is written");
    });

    [Fact]
    public void YAML_becomes_JSON_that_is_read_or_is_refused() => FuzzRun.Seeds(random =>
    {
        var yaml = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(3) switch
        {
            0 => NastyText.Word(random),
            1 => new string(' ', random.Next(6)) + random.Pick(YamlParts),
            _ => random.Pick(YamlParts),
        }));
        var bytes = Encoding.UTF8.GetBytes(yaml);
        if (random.Next(3) == 0) bytes = NastyText.Mutate(random, bytes);
        if (random.Next(5) == 0) bytes = new NastyJson(random).Any(5);
        if (Refused<YamlFormatException>(() => YamlToJson.Convert(bytes))) return;
        Refused<JsonException>(() => JsonObjectReader.Read(YamlToJson.Convert(bytes)));
    });

    [Fact]
    public void Selectors_quantities_and_paths_are_read_or_refused_as_malformed() => FuzzRun.Seeds(random =>
    {
        var text = NastyText.Word(random);
        if (random.Next(2) == 0) text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Pick(Pieces)));
        if (!Refused<FormatException>(() => LabelSelector.Parse(text))) LabelSelector.Parse(LabelSelector.Parse(text).ToString()).ToString().ShouldBe(LabelSelector.Parse(text).ToString());
        Refused<FormatException>(() => FieldSelector.Parse(text));
        if (!Refused<FormatException>(() => Quantity.Parse(text))) Quantity.Parse(Quantity.Parse(text).ToString()).ShouldBe(Quantity.Parse(text));
        if (Refused<FormatException>(() => JsonPathExpression.Parse(text))) return;
        JsonPathExpression.Parse(text).Select("""{"a":[{"b":1,"c":{"a":[1,2,{"a":"x"}]}},null,"s"],"":{},"b.c":true}"""u8.ToArray());
    });

    [Fact]
    public void Protobuf_becomes_JSON_or_is_refused() => FuzzRun.Seeds(random =>
    {
        var bytes = NastyProtobuf.Object(random);
        if (Refused<ProtobufFormatException>(() => KubernetesProtobuf.Decode(bytes))) return;
        Refused<JsonException>(() => JsonObjectReader.Read(KubernetesProtobuf.ToJson(bytes).Span));
    });

    [Fact]
    public void Schemas_of_CRDs_are_parsed_with_their_problems_named() => FuzzRun.Seeds(random =>
    {
        var bytes = NastySchema.Json(random);
        if (Refused<JsonException>(() => JsonObjectReader.Read(bytes)) || JsonObjectReader.Read(bytes).Root is not JsonObject schema) return;
        var parsed = SchemaParser.Parse(schema, "");
        var obj = JsonObjectReader.Read("""{"spec":{"a":"x","b":[1,null,{"c":"d"}],"a1":5},"status":null,"a":{"a":{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}}}"""u8).Root;
        SchemaWalk.Run(parsed.Schema, (JsonObject)obj!, SchemaPasses.All);
    });

    private static readonly string[] Pieces =
        ["a", "b/c", "=", "==", "!=", "!", " in ", " notin ", "(", ")", ",", " ", ">", "<", "1", ".", "..", "[", "]", "*", "?(", "@", "'x'", "\"", "0:1", "-1", ":", "{", "}", "\\", "\\.", "m", "Ki", "e3", "+", "-", "\0", "ä"];

    /// <summary>False: it was taken. Anything but the expected refusal goes through.</summary>
    private static bool Refused<T>(Action parse)
        where T : Exception
    {
        try
        {
            parse();
            return false;
        }
        catch (T)
        {
            return true;
        }
        catch (StatusException e) when (e.Status.Code < 500)
        {
            return true;
        }
    }
}
