using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Brings an object of a built-in kind into the form in which Go writes what it has read: zero values left out or written as each field says (<see cref="Schema.Zero"/>),
/// quantities in their canonical form. Clients compare what they get with what they would have written.</summary>
public static class TypedForm
{
    /// <summary>Edits <paramref name="obj"/> in place; defaults are in already.</summary>
    public static void Apply(Schema schema, JsonObject obj)
    {
        for (var i = 0; i < obj.Count;)
        {
            var (name, value) = obj.GetAt(i);
            if (schema.Field(name) is not { Typed: true } field || value is null)
            {
                i++;
                continue;
            }
            if (field.Quantity && value is JsonValue amount)
            {
                if (Canonical(amount) is { } canonical)
                    obj.SetAt(i, canonical);
            }
            else
                Value(field, value);
            if (field.Zero == ZeroValue.Omitted && IsZero(value))
                obj.RemoveAt(i);
            else
                i++;
        }
        foreach (var (name, field) in schema.Properties.Written)
        {
            // What is written for "nothing" is the default of a field that is no pointer, and null for lists, maps, times and pointers.
            if (!obj.ContainsKey(name))
                obj[name] = field.Default?.DeepClone();
            else if (obj[name] is JsonArray { Count: 0 })
                obj[name] = null; // what is stored as protobuf does not tell an empty list from none
        }
    }

    private static void Value(Schema schema, JsonNode value)
    {
        switch (value)
        {
            case JsonObject child when schema.Type == SchemaType.Object:
                Apply(schema, child);
                break;
            case JsonArray array when schema.Items is { Typed: true } items:
                for (var i = 0; i < array.Count; i++)
                {
                    if (array[i] is { } element)
                        Value(items, element);
                }
                break;
        }
    }

    /// <summary>Null when the quantity is no quantity, or has its canonical form already.</summary>
    private static string? Canonical(JsonValue value)
    {
        var text = value.TryGetValue(out string? quoted) ? quoted : value.ToJsonString();
        if (!Quantity.TryParse(text, out var quantity))
            return null;
        var canonical = quantity.ToString();
        return canonical == quoted ? null : canonical;
    }

    private static bool IsZero(JsonNode value) => value switch
    {
        JsonObject obj => obj.Count == 0,
        JsonArray array => array.Count == 0,
        JsonValue scalar => scalar.GetValueKind() switch
        {
            JsonValueKind.String => scalar.TryGetValue(out string? text) && text.Length == 0,
            JsonValueKind.Number => JsonNumber.Of(scalar).Value == 0,
            JsonValueKind.False => true,
            _ => false,
        },
        _ => false,
    };
}
