using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Rules of one value of a built-in kind: its type, and what the schema says of texts and numbers. Messages are those of kube-openapi's validator.</summary>
internal static class ValueRules
{
    /// <summary>Checks a value that is a scalar, or that has another type than the schema wants.</summary>
    public static void Check(Schema schema, JsonNode value, FieldPath path, ref List<StatusCause>? causes)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String when schema.Type == SchemaType.String || Untyped(schema):
                Text(schema, value.GetValue<string>(), path, ref causes);
                break;
            case JsonValueKind.Number when schema.Type is SchemaType.Integer or SchemaType.Number || Untyped(schema):
                var number = JsonNumber.Of(value.AsValue());
                if (number.IsInteger || (schema.Type != SchemaType.Integer && !schema.IntOrString))
                    Number(schema, value, number, path, ref causes);
                else
                    Add(ref causes, TypeError(schema, value, path.ToString()));
                break;
            case JsonValueKind.True or JsonValueKind.False when schema.Type == SchemaType.Boolean || (Untyped(schema) && !schema.IntOrString && !schema.Quantity):
                break;
            default:
                Add(ref causes, TypeError(schema, value, path.ToString()));
                break;
        }
        CheckEnum(schema, value, path, ref causes);
    }

    private static void CheckEnum(Schema schema, JsonNode? value, FieldPath path, ref List<StatusCause>? causes)
    {
        if (schema.Enum.IsEmpty)
            return;
        var text = value is JsonValue scalar && scalar.TryGetValue(out string? s) ? s : null;
        // A text field that is empty in a Go struct is not set.
        if (text is { Length: 0 })
            return;
        foreach (var allowed in schema.Enum)
        {
            if (text is null ? value is not null && JsonNode.DeepEquals(allowed, value) : allowed.GetValueKind() == JsonValueKind.String && allowed.GetValue<string>() == text)
                return;
        }
        Add(ref causes, FieldErrors.NotSupported(path.ToString(), value, schema.Enum.Select(static e => e.GetValueKind() == JsonValueKind.String ? e.GetValue<string>() : e.ToJsonString())));
    }

    public static StatusCause TypeError(Schema schema, JsonNode? value, string path)
    {
        var actual = TypeName(value);
        var wanted = schema.IntOrString ? "integer,string" : schema.Quantity ? "string,number" : TypeName(schema.Type);
        return FieldErrors.TypeInvalid(path, JsonValue.Create(actual), $"{InBody(path)} must be of type {wanted}: \"{actual}\"");
    }

    /// <summary><c>spec.x: Invalid value: 3: spec.x in body should be …</c></summary>
    public static StatusCause BodyError(FieldPath path, JsonNode value, string rule)
    {
        var field = path.ToString();
        return FieldErrors.Invalid(field, value, $"{InBody(field)} {rule}");
    }

    private static bool Untyped(Schema schema) => schema.Type == SchemaType.Any;

    private static void Text(Schema schema, string text, FieldPath path, ref List<StatusCause>? causes)
    {
        if (schema.Quantity && !Formats.IsQuantity(text))
            Add(ref causes, FieldErrors.Invalid(path.ToString(), text, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
        if (schema.Type == SchemaType.String && !(schema.Format switch { "date-time" => Formats.IsDateTime(text), "byte" => Base64.IsValid(text), _ => true }))
        {
            var field = path.ToString();
            Add(ref causes, FieldErrors.TypeInvalid(field, text, $"{InBody(field)} must be of type {schema.Format}: {FieldErrors.Quote(text)}"));
        }
    }

    private static void Number(Schema schema, JsonNode value, JsonNumber number, FieldPath path, ref List<StatusCause>? causes)
    {
        if ((schema is { Type: SchemaType.Integer, Format: "int32" } or { IntOrString: true, Typed: true }) && number.Value is < int.MinValue or > int.MaxValue)
            Add(ref causes, BodyError(path, value, $"must be of type int32: \"{value.ToJsonString()}\""));
    }

    private static string InBody(string path) => path.Length == 0 ? "in body" : $"{path} in body";

    private static string TypeName(JsonNode? value) => (value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => JsonNumber.Of(value!.AsValue()).IsInteger ? "integer" : "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
    };

    private static string TypeName(SchemaType type) => type switch
    {
        SchemaType.Any => "any",
        SchemaType.Object => "object",
        SchemaType.Array => "array",
        SchemaType.String => "string",
        SchemaType.Integer => "integer",
        SchemaType.Number => "number",
        SchemaType.Boolean => "boolean",
    };

    private static void Add(ref List<StatusCause>? causes, StatusCause cause) => (causes ??= []).Add(cause);
}
