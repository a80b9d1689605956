using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Rules of one value: its type, and what the schema says of texts and numbers. Messages are those of kube-openapi's validator.</summary>
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
                {
                    Add(ref causes, TypeError(schema, value, path.ToString()));
                    if (schema is { Type: SchemaType.Integer, Typed: false })
                        Add(ref causes, OutOfRange("Checked", schema, path));
                }
                break;
            case JsonValueKind.True or JsonValueKind.False when schema.Type == SchemaType.Boolean || (Untyped(schema) && !schema.IntOrString && !schema.Quantity):
                break;
            default:
                Add(ref causes, TypeError(schema, value, path.ToString()));
                break;
        }
        CheckEnum(schema, value, path, ref causes);
    }

    public static void CheckEnum(Schema schema, JsonNode? value, FieldPath path, ref List<StatusCause>? causes)
    {
        if (schema.Enum.IsEmpty)
            return;
        var text = value is JsonValue scalar && scalar.TryGetValue(out string? s) ? s : null;
        // A text field that is empty in a Go struct is not set.
        if (schema.Typed && text is { Length: 0 })
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
        // A value that is no text at all is measured by its schema's format.
        var measured = schema.Type switch
        {
            SchemaType.String => Formats.IsKnown(schema.Format),
            SchemaType.Integer => schema.Format is "int32" or "int64" && value?.GetValueKind() is not (JsonValueKind.Number or JsonValueKind.String),
            SchemaType.Number => schema.Format is "float" or "double" && value?.GetValueKind() is not (JsonValueKind.Number or JsonValueKind.String),
            SchemaType.Any or SchemaType.Object or SchemaType.Array or SchemaType.Boolean => false,
        };
        if (measured && !schema.Typed && value is not (null or JsonArray))
        {
            var go = value.GetValueKind() != JsonValueKind.Number ? "" : JsonNumber.IsWhole(value.AsValue()) ? "int64" : "float64";
            return FieldErrors.TypeInvalid(path, go, $"{InBody(path)} must be of type {schema.Format}: \"{go}\"");
        }
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

    /// <summary>A rule of several schemas: upstream's validator says where in the message alone, and the field shows as Go's nil.</summary>
    public static StatusCause PlainBodyError(FieldPath path, string rule) => FieldErrors.Invalid("<nil>", "", $"\"{path}\" {rule}");

    private static StatusCause OutOfRange(string what, Schema schema, FieldPath path) => FieldErrors.Invalid(
        "<nil>", "", $"{what} value must be of type integer {(schema.Format is "int32" or "int64" ? $"with format {schema.Format}" : "(default format)")} in {path}");

    private static bool Untyped(Schema schema) => schema.Type == SchemaType.Any;

    private static void Text(Schema schema, string text, FieldPath path, ref List<StatusCause>? causes)
    {
        // UTF-16 units are never fewer than code points, so most texts need no counting.
        if (schema.MaxLength is { } max && text.Length > max && CodePoints(text) > max)
            Add(ref causes, FieldErrors.TooLong(path.ToString(), max));
        else if (schema.MinLength is { } min && CodePoints(text) < min)
            Add(ref causes, BodyError(path, text, $"should be at least {min} chars long"));
        else if (schema.Pattern is { } pattern && !pattern.IsMatch(text))
            Add(ref causes, BodyError(path, text, $"should match '{schema.PatternText}'"));
        if (schema.Quantity && !Formats.IsQuantity(text))
            Add(ref causes, FieldErrors.Invalid(path.ToString(), text, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
        if (schema.Format.Length > 0 && schema.Type == SchemaType.String && !Formats.IsValid(schema.Format, text))
        {
            var field = path.ToString();
            Add(ref causes, FieldErrors.TypeInvalid(field, text, $"{InBody(field)} must be of type {schema.Format}: {FieldErrors.Quote(text)}"));
        }
    }

    private static int CodePoints(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
            count++;
        return count;
    }

    private static void Number(Schema schema, JsonNode value, JsonNumber number, FieldPath path, ref List<StatusCause>? causes)
    {
        var int32 = schema.Type == SchemaType.Integer && schema.Format == "int32";
        if (int32 && number.Value is < int.MinValue or > int.MaxValue)
            Add(ref causes, schema.Typed ? BodyError(path, value, $"must be of type int32: \"{value.ToJsonString()}\"") : OutOfRange("Checked", schema, path));
        // Upstream compares integers with a bound that is cut to an integer, and shows it so.
        var whole = JsonNumber.IsWhole(value.AsValue());
        if (schema.MultipleOf is { } step && !IsMultiple(schema, number.Value, ref step, whole, path, ref causes))
            Add(ref causes, BodyError(path, value, $"should be a multiple of {step}"));
        if (schema.Maximum is { } max && Bound("Maximum boundary", schema, ref max, whole, path, ref causes) is var _ && (schema.ExclusiveMaximum ? number.Value >= max : number.Value > max))
            Add(ref causes, BodyError(path, value, $"should be less than {(schema.ExclusiveMaximum ? "" : "or equal to ")}{max}"));
        if (schema.Minimum is { } min && Bound("Minimum boundary", schema, ref min, whole, path, ref causes) is var _ && (schema.ExclusiveMinimum ? number.Value <= min : number.Value < min))
            Add(ref causes, BodyError(path, value, $"should be greater than {(schema.ExclusiveMinimum ? "" : "or equal to ")}{min}"));
    }

    /// <summary>False when the bound itself is no integer although the type is one: it is complained of, and compared as it is.</summary>
    private static bool Bound(string what, Schema schema, ref double bound, bool whole, FieldPath path, ref List<StatusCause>? causes)
    {
        if (schema.Type == SchemaType.Integer && Math.Floor(bound) != bound)
        {
            Add(ref causes, OutOfRange(what, schema, path));
            return false;
        }
        if (whole)
            bound = Math.Truncate(bound);
        return true;
    }

    private static bool IsMultiple(Schema schema, double value, ref double step, bool whole, FieldPath path, ref List<StatusCause>? causes)
    {
        var given = step;
        whole &= Bound("MultipleOf", schema, ref step, whole, path, ref causes);
        if (step <= 0)
        {
            Add(ref causes, FieldErrors.Invalid(path.ToString(), JsonValue.Create((long)step), $"factor MultipleOf declared for {path} must be positive: {step}"));
            return true;
        }
        if (whole)
            return (long)value % (long)step == 0;
        var times = given < 1 ? 1 / given * value : value / given;
        return Math.Abs(times - Math.Round(times)) < 1e-9;
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
