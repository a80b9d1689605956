using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>Whether a configuration can be applied to a type: fields that are declared, values of the right kinds, list items that can be told apart. Messages are structured-merge-diff's,
/// Go's way of showing values included.</summary>
internal sealed class TypedValidation
{
    private readonly List<string> path = [];
    private readonly List<string> problems = [];

    /// <summary>Every problem as <c>.path: message</c>.</summary>
    public static List<string> Check(Schema root, JsonObject configuration)
    {
        var walk = new TypedValidation();
        walk.Fields(root, configuration, root.PreserveUnknownFields);
        return walk.problems;
    }

    private void Value(Schema? schema, JsonNode? value, bool preserve)
    {
        if (schema is null || value is null) return;
        preserve = schema.PreserveUnknownFields || (preserve && schema.DefinitionName.Length == 0);
        switch (schema.Type, value)
        {
            case (SchemaType.Object or SchemaType.Any, JsonObject fields) when !schema.Quantity:
                Fields(schema, fields, preserve);
                break;
            case (SchemaType.Array or SchemaType.Any, JsonArray items) when !schema.Quantity:
                Items(schema, items, preserve);
                break;
            case (SchemaType.Object, _):
                Problem($"expected map, got &{{{GoFormat.Value(value)}}}");
                break;
            case (SchemaType.Array, _):
                Problem($"expected list, got &{{{GoFormat.Value(value)}}}");
                break;
            default:
                Scalar(schema, value);
                break;
        }
    }

    private void Fields(Schema schema, JsonObject fields, bool preserve)
    {
        foreach (var (name, value) in fields)
        {
            var field = schema.Field(name);
            path.Add(PathElement.Field(name));
            var declared = field is not null || preserve || schema.Properties.Count == 0;
            if (declared) Value(field, value, preserve);
            else Problem("field not declared in schema");
            path.RemoveAt(path.Count - 1);
            if (!declared) return;
        }
    }

    private void Items(Schema schema, JsonArray items, bool preserve)
    {
        var shape = TypedShapes.Of(schema, items);
        var seen = shape == TypedShape.Leaf ? null : new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            var element = string.Create(CultureInfo.InvariantCulture, $"i:{i}");
            if (seen is not null)
            {
                if (NotIndexable(shape, schema, items[i]) is { } why)
                {
                    Problem(string.Create(CultureInfo.InvariantCulture, $"element {i}: {why}"));
                    return;
                }

                element = TypedShapes.Element(shape, schema, items[i])!;
                if (!seen.Add(element)) Problem($"duplicate entries for key {PathElement.Display([element])}");
            }

            path.Add(element);
            Value(schema.Items, items[i], preserve);
            path.RemoveAt(path.Count - 1);
        }
    }

    private static string? NotIndexable(TypedShape shape, Schema schema, JsonNode? item) => (shape, item) switch
    {
        (TypedShape.Set, JsonObject) => "associative list without keys has an element that's a map type",
        (TypedShape.Set, JsonArray) => "not supported: associative list with lists as elements",
        (TypedShape.Set, null) => "associative list without keys has an element that's an explicit null",
        (TypedShape.Set, _) => null,
        (_, null) => "associative list with keys may not have a null element",
        (_, not JsonObject) => "associative list with keys may not have non-map elements",
        _ when TypedShapes.Element(shape, schema, item) is null =>
            $"associative list with keys has an element that omits all key fields [{string.Join(" ", schema.ListMapKeys.Select(FieldErrors.Quote))}] (and doesn't have default values for any key fields)",
        _ => null,
    };

    private void Scalar(Schema schema, JsonNode value)
    {
        var kind = value.GetValueKind();
        switch (schema.Type)
        {
            case SchemaType.Integer or SchemaType.Number when kind != JsonValueKind.Number:
                Problem($"expected numeric (int or float), got {StrategicErrors.GoType(value)}");
                break;
            case SchemaType.Boolean when kind is not (JsonValueKind.True or JsonValueKind.False):
                Problem($"expected boolean, got &{{{GoFormat.Value(value)}}}");
                break;
            case SchemaType.String when schema.Format is "" or "byte" && kind != JsonValueKind.String:
                Problem($"expected string, got &value.valueUnstructured{{Value:{GoFormat.Syntax(value)}}}");
                break;
            case SchemaType.String or SchemaType.Any when value is JsonObject or JsonArray:
                Problem($"expected any scalar, got &{{{GoFormat.Value(value)}}}");
                break;
        }
    }

    private void Problem(string message) => problems.Add($"{PathElement.Display(path)}: {message}");
}
