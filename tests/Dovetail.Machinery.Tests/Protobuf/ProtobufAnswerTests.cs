using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Protobuf;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Protobuf;

public class ProtobufAnswerTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(Gen.String[Gen.Char.AlphaNumeric, 1, 12], Gen.Const("quote \" slash \\ line\nfeed <ü𝄞>"), Gen.String[Gen.Char.AlphaNumeric, 120, 300]);

    public static TheoryData<string, string> Kinds { get; } = [.. BuiltInResources.All.Select(r => (r.Group.Length == 0 ? r.Version : $"{r.Group}/{r.Version}", r.Kind)).Distinct()];

    /// <summary>The decoder, which is tested against bytes of Go's, is the oracle: what it reads out of our bytes is what went in.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Random_objects_of_every_kind_come_back_as_they_were_sent(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var schema = BuiltInSchemas.Get(BuiltInSchemas.DefinitionNameOf(new(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], kind))!);
        Gen.Int[0, int.MaxValue].Select(Gen.Int[2, 7]).Sample(
            (seed, depth) =>
            {
                var random = new Random(seed);
                var obj = (JsonObject)Value(schema, random, depth)!;
                obj["kind"] = kind;
                obj["apiVersion"] = apiVersion;
                KubernetesProtobuf.Decode(Encode(obj)).ShouldBeJson(obj.ToJsonString());
            },
            iter: 12,
            threads: 1);
    }

    /// <summary>The same bytes as kubectl's, but for the zeros that Go writes: what Go's decoder makes of both is the same.</summary>
    [Fact]
    public void A_small_object_is_the_bytes_that_the_wire_format_has_for_it()
    {
        var json = JsonNode.Parse("""{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","creationTimestamp":"1970-01-01T00:00:07Z"},"data":{"a":"/wA="},"immutable":true}""")!;

        Convert.ToHexString(Encode(json)).ShouldBe(
            Convert.ToHexString([.. "k8s\0"u8, 0x0a, 12, 0x0a, 2, .. "v1"u8, 0x12, 6, .. "Secret"u8, 0x12, 22, 0x0a, 9, 0x0a, 1, .. "s"u8, 0x42, 4, 0x08, 7, 0x10, 0, 0x12, 7, 0x0a, 1, .. "a"u8, 0x12, 2, 0xff, 0, 0x28, 1, 0x1a, 0, 0x22, 0]));
    }

    [Fact]
    public void A_watch_frame_says_its_length_and_holds_the_object_in_its_envelope()
    {
        var output = new ArrayBufferWriter<byte>();
        var enveloped = new byte[300];

        ProtobufAnswers.WatchFrame(output, "ADDED"u8, enveloped);

        var frame = output.WrittenSpan;
        BinaryPrimitives.ReadInt32BigEndian(frame).ShouldBe(frame.Length - 4);
        frame[4..].ToArray().ShouldBe([0x0a, 5, .. "ADDED"u8, 0x12, 0xaf, 0x02, 0x0a, 0xac, 0x02, .. enveloped]);
    }

    [Fact]
    public void A_kind_that_is_not_Kubernetes_own_has_no_protobuf() =>
        Should.Throw<ProtobufFormatException>(() => Encode(new JsonObject { ["kind"] = "VirtualMachine", ["apiVersion"] = "kubevirt.io/v1" }));

    private static byte[] Encode(JsonNode json)
    {
        var output = new ArrayBufferWriter<byte>();
        ProtobufAnswers.Object(output, Encoding.UTF8.GetBytes(json.ToJsonString()));
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A value that a Go client would send: no zero where Go omits it, no empty list or map.</summary>
    private static JsonNode? Value(Schema schema, Random random, int depth) => schema.DefinitionName[(schema.DefinitionName.LastIndexOf('.') + 1)..] switch
    {
        "Time" => "2026-11-23T20:15:30Z",
        "MicroTime" => "2026-11-23T20:15:30.123456Z",
        "Quantity" => "100m",
        "IntOrString" => random.Next(2) == 0 ? JsonValue.Create(random.NextInt64(-5, 70000)) : "50%",
        "RawExtension" or "FieldsV1" or "JSON" => new JsonObject { ["f:a"] = new JsonObject { ["."] = new JsonObject() }, ["\"b\\"] = new JsonArray(1, "x\ty", null, true) },
        "JSONSchemaPropsOrBool" => random.Next(2) == 0,
        "JSONSchemaPropsOrArray" => new JsonObject { ["type"] = "string" },
        "JSONSchemaPropsOrStringArray" => new JsonArray("a", "b"),
        _ => Plain(schema, random, depth),
    };

    private static JsonNode? Plain(Schema schema, Random random, int depth)
    {
        if (schema.Items is { } items) return depth <= 0 ? null : new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Value(items, random, depth - 1)).OfType<JsonNode>()]) is { Count: > 0 } list ? list : null;
        if (schema.AdditionalProperties is { } values) return Map(values, random, depth);
        return schema.Type switch
        {
            SchemaType.String when schema.Format == "byte" => Convert.ToBase64String(Encoding.UTF8.GetBytes(Texts.Single())),
            SchemaType.String => Texts.Single(),
            SchemaType.Integer => schema.Format == "int32" ? random.Next(1, int.MaxValue) * (random.Next(2) == 0 ? 1L : -1) : random.NextInt64(1, long.MaxValue),
            SchemaType.Boolean => true,
            SchemaType.Number => 1.5,
            _ => Struct(schema, random, depth),
        };
    }

    private static JsonObject? Map(Schema values, Random random, int depth)
    {
        var map = new JsonObject();
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            if (Value(values, random, depth - 1) is { } value) map[Texts.Single()] = value;
        }

        return map.Count > 0 ? map : null;
    }

    private static JsonObject Struct(Schema schema, Random random, int depth)
    {
        var obj = new JsonObject();
        var numbered = BuiltInSchemas.FieldNumbers(schema.DefinitionName).Select(f => f.Name).ToHashSet();
        foreach (var (name, field) in schema.Properties)
        {
            if (!numbered.Contains(name) || depth <= 0 || random.Next(3) == 0) continue;
            if (Value(field, random, depth - 1) is { } value) obj[name] = value;
        }

        return obj;
    }
}
