using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>How server-side apply treats a value of a type: as one leaf, or as a container whose parts are owned one by one.</summary>
internal enum TypedShape
{
    /// <summary>Scalars, atomic lists and maps, and values that do not fit their schema.</summary>
    Leaf,

    /// <summary>A struct or a granular map.</summary>
    Map,
    Set,
    MapList,
}

/// <summary>The rules that derive shapes from schemas, as structured-merge-diff does from upstream's OpenAPI.</summary>
internal static class TypedShapes
{
    /// <summary>The shape that <paramref name="value"/> has under <paramref name="schema"/>. Without structure in the schema it is deduced: objects are granular, lists atomic.</summary>
    public static TypedShape Of(Schema? schema, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject:
                if (schema is null) return TypedShape.Map;
                return schema.Type is SchemaType.Object or SchemaType.Any && !schema.Quantity && schema.MapType != MapType.Atomic ? TypedShape.Map : TypedShape.Leaf;
            case JsonArray:
                if (schema is not { Type: SchemaType.Array or SchemaType.Any }) return TypedShape.Leaf;
                return schema.ListType switch
                {
                    ListType.Set => TypedShape.Set,
                    ListType.Map => TypedShape.MapList,
                    ListType.Unset or ListType.Atomic => TypedShape.Leaf,
                };
            default:
                return TypedShape.Leaf;
        }
    }

    /// <summary>The shape of a pair of values of one field, of which either may be absent or null. Values of different shapes meet as leaves.</summary>
    public static TypedShape OfBoth(Schema? schema, JsonNode? left, JsonNode? right)
    {
        if (left is null) return Of(schema, right);
        var shape = Of(schema, left);
        return right is null || Of(schema, right) == shape ? shape : TypedShape.Leaf;
    }

    /// <summary>Whether values of the type are owned as one: atomic maps and lists.</summary>
    public static bool IsAtom(Schema schema) => schema.Type switch
    {
        SchemaType.Array => schema.ListType is ListType.Unset or ListType.Atomic,
        SchemaType.Object or SchemaType.Any => schema.MapType == MapType.Atomic,
        SchemaType.String or SchemaType.Integer or SchemaType.Number or SchemaType.Boolean => false,
    };

    /// <summary>Whether the field is named by a struct, rather than being a key of a map. Only keys of maps are members of a set by themselves.</summary>
    public static bool IsNamed(Schema? schema, string field) => schema?.Properties.Find(field) is not null;

    /// <summary>The step to a list's item; null when it has none (a key is missing).</summary>
    public static string? Element(TypedShape shape, Schema list, JsonNode? item) => shape switch
    {
        TypedShape.Set => PathElement.Value(item),
        TypedShape.MapList => item is JsonObject fields ? PathElement.Key(fields, list) : null,
        TypedShape.Leaf or TypedShape.Map => null,
    };
}
