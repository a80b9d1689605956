using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Schemas;

public sealed class CompactJsonTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Gen<string> Names = Gen.OneOf("a", "b", "metadata", "labels", "{", "\"", "\\", "}\"", "é", "a\\\"b", "\n");

    private static Gen<JsonNode?> Values(int depth) => depth == 0 ? Scalars : Gen.Frequency((2, Scalars), (2, Objects(depth - 1)), (1, Arrays(depth - 1)));

    private static readonly Gen<JsonNode?> Scalars = Gen.OneOf(
        Gen.String.Select(s => (JsonNode?)JsonValue.Create(new string([.. s.Where(c => !char.IsSurrogate(c))]))),
        Names.Select(s => (JsonNode?)JsonValue.Create(s)),
        Gen.Long.Select(n => (JsonNode?)JsonValue.Create(n)),
        Gen.Double[-1e9, 1e9].Select(n => (JsonNode?)JsonValue.Create(n)),
        Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b)),
        Gen.Const((JsonNode?)null));

    internal static Gen<JsonNode?> Objects(int depth) => Gen.Select(Names, Values(depth), (name, value) => (name, value)).List[0, 5].Select(fields =>
    {
        var obj = new JsonObject();
        foreach (var (name, value) in fields) obj[name] = value?.DeepClone();
        return (JsonNode?)obj;
    });

    private static Gen<JsonNode?> Arrays(int depth) => Values(depth).List[0, 4].Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())]));

    [Fact]
    public void A_field_is_found_as_a_reader_finds_it_whatever_its_neighbours_hold() => Objects(3).Sample(root =>
    {
        var json = Encoding.UTF8.GetBytes(root!.ToJsonString());
        CompactJson.End(json, 0).ShouldBe(json.Length);
        foreach (var (name, value) in (JsonObject)root)
        {
            var at = CompactJson.Field(json, 0, JsonEncodedText.Encode(name).EncodedUtf8Bytes);
            var found = JsonNode.Parse(json.AsSpan(at..CompactJson.End(json, at)));
            JsonNode.DeepEquals(found, value).ShouldBeTrue($"{name} of {root.ToJsonString()}");
        }

        CompactJson.Field(json, 0, "absent"u8).ShouldBe(-1);
    });

    [Fact]
    public void Every_value_of_a_long_text_ends_where_a_reader_sees_it_end() => Gen.Select(Objects(5), Gen.Bool, Gen.Int[0, 70]).Sample((root, relaxed, blanks) =>
    {
        var json = Encoding.UTF8.GetBytes(new string(' ', blanks) + (relaxed ? root!.ToJsonString(Relaxed) : root!.ToJsonString()));
        var reader = new Utf8JsonReader(json);
        var open = new Stack<int>();
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) open.Push((int)reader.TokenStartIndex);
            else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray) CompactJson.End(json, open.Pop()).ShouldBe((int)reader.BytesConsumed);
            else if (reader.TokenType is not JsonTokenType.PropertyName) CompactJson.End(json, (int)reader.TokenStartIndex).ShouldBe((int)reader.BytesConsumed);
        }
    });

    [Fact]
    public void Runs_of_backslashes_escape_across_blocks() => Gen.Select(Gen.Int[0, 140], Gen.Int[0, 9], Gen.Int[0, 70]).Sample((before, pairs, after) =>
    {
        var text = $"{{\"a\":\"{new string('x', before)}{string.Concat(Enumerable.Repeat("\\\\", pairs))}\\\"}}]{new string('{', after)}\",\"b\":[{{}}]}}";
        JsonDocument.Parse(text).Dispose();
        CompactJson.End(Encoding.UTF8.GetBytes(text), 0).ShouldBe(text.Length);
    });

    [Theory]
    [InlineData("""{"a":1}""", 1)]
    [InlineData("""[1]""", 0)]
    [InlineData("\"a\"", 0)]
    [InlineData("7", 0)]
    [InlineData("{}", 0)]
    public void What_is_no_object_has_no_field(string json, int fields) =>
        (CompactJson.Field(Encoding.UTF8.GetBytes(json), 0, "a"u8) >= 0).ShouldBe(fields > 0);
}
