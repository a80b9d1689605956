using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Dovetail.Node;

/// <summary>Whether two objects say the same. The API server fills in empty defaults (<c>lastState: {}</c>) that we leave out: absent and empty are one.</summary>
internal static class SameContent
{
    public static bool Of<T>(T a, T b, JsonTypeInfo<T> json) => JsonNode.DeepEquals(Pruned(JsonSerializer.SerializeToNode(a, json)), Pruned(JsonSerializer.SerializeToNode(b, json)));

    private static JsonNode? Pruned(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach (var name in fields.Where(field => Pruned(field.Value) is null).Select(field => field.Key).ToList()) fields.Remove(name);
                return fields.Count == 0 ? null : fields;
            case JsonArray items:
                foreach (var item in items) Pruned(item);
                return items.Count == 0 ? null : items;
            default:
                return node;
        }
    }
}
