using System.Text.Json.Nodes;
using CsCheck;

namespace Dovetail.Machinery.Tests;

/// <summary>Small random JSON objects without nulls, over few names so that they meet.</summary>
internal static class RandomJson
{
    private static readonly Gen<string> Name = Gen.OneOf("a", "b", "c", "d");

    public static Gen<JsonObject> Object { get; } = ObjectOf(3);

    private static Gen<JsonNode> Value(int depth)
    {
        var scalar = Gen.OneOf(Gen.Int[0, 3].Select(n => (JsonNode)JsonValue.Create(n)), Gen.OneOf("x", "y").Select(s => (JsonNode)JsonValue.Create(s)), Gen.Bool.Select(b => (JsonNode)JsonValue.Create(b)));
        if (depth == 0) return scalar;
        return Gen.OneOf(scalar, ObjectOf(depth - 1).Select(o => (JsonNode)o), scalar.List[0, 3].Select(items => (JsonNode)new JsonArray([.. items.Select(i => i.DeepClone())])));
    }

    private static Gen<JsonObject> ObjectOf(int depth) => Gen.Select(Name, Value(depth)).List[0, 4].Select(fields =>
    {
        var result = new JsonObject();
        foreach (var (name, value) in fields) result[name] = value.DeepClone();
        return result;
    });
}
