using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Schemas;

public sealed class CompactValueTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Values_are_those_of_a_parsed_document() => CompactJsonTests.Objects(4).Sample(root =>
    {
        var json = Encoding.UTF8.GetBytes(root!.ToJsonString(Relaxed));
        using var document = JsonDocument.Parse(json);
        Same(new CompactText(json).Root, document.RootElement);
    });

    [Fact]
    public void What_is_missing_is_no_value_at_any_depth()
    {
        var root = new CompactText("""{"a":{"b":[1,null]},"c":null,"d":"x"}"""u8.ToArray()).Root;
        root.At("a", "x", "y").ValueKind.ShouldBe(JsonValueKind.Undefined);
        root.At("d", "y").ValueKind.ShouldBe(JsonValueKind.Undefined);
        (root.Text("c"), root.Has("c"), root.Number("d"), root.Count("d"), root.Count("a", "b"), default(CompactValue).Text("a")).ShouldBe(("", false, 0L, 0, 2, ""));
        root.At("a", "b")[2].ValueKind.ShouldBe(JsonValueKind.Undefined);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("-7", -7)]
    [InlineData("1.0", 0)]
    [InlineData("1e2", 0)]
    [InlineData("9223372036854775808", 0)]
    [InlineData("\"5\"", 0)]
    public void Only_integers_that_fit_are_numbers(string text, long expected) => new CompactText(Encoding.UTF8.GetBytes($"{{\"a\":{text}}}")).Root.Number("a").ShouldBe(expected);

    private static void Same(CompactValue value, JsonElement expected)
    {
        value.ValueKind.ShouldBe(expected.ValueKind);
        value.GetRawText().ShouldBe(expected.GetRawText());
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                value.Count().ShouldBe(expected.GetPropertyCount());
                foreach (var field in expected.EnumerateObject()) Same(value.At(field.Name), field.Value);
                var names = new List<string>();
                foreach (var entry in value.Entries()) names.Add(entry.Name);
                names.ShouldBe(expected.EnumerateObject().Select(p => p.Name));
                value.At("absent").ValueKind.ShouldBe(JsonValueKind.Undefined);
                break;
            case JsonValueKind.Array:
                value.Count().ShouldBe(expected.GetArrayLength());
                for (var i = 0; i < expected.GetArrayLength(); i++) Same(value[i], expected[i]);
                break;
            case JsonValueKind.String:
                value.GetString().ShouldBe(expected.GetString());
                break;
            case JsonValueKind.Number:
                value.GetDouble().ShouldBe(expected.GetDouble());
                value.TryGetInt64(out var integer).ShouldBe(expected.TryGetInt64(out var wanted));
                integer.ShouldBe(wanted);
                break;
        }
    }
}
