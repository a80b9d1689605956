using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>
/// What Go's JSON decoder (sigs.k8s.io/json) says of an object that is not of its kind's Go type: the first value in the order of the text that does not fit its field. Types that read
/// themselves, as times and quantities do, end the decoding with what they say, whatever was found before.
/// </summary>
internal sealed class GoDecoding
{
    /// <summary>What a list of bytes holds when it is not written as base64.</summary>
    private static readonly Schema Byte = new() { Type = SchemaType.Integer, Format = "uint8" };

    private readonly List<string> path = [];
    private string around = ""; // the innermost struct
    private string? first;

    private GoDecoding() { }

    /// <returns>Null: it can be decoded.</returns>
    public static string? Fault(Schema schema, JsonObject obj)
    {
        var decoding = new GoDecoding();
        return decoding.Read(schema, obj, GoTypeNames.Of(schema)) ?? decoding.first;
    }

    /// <summary>Whether a value can be decoded alone.</summary>
    public static bool Fits(Schema schema, JsonNode value)
    {
        var decoding = new GoDecoding();
        return decoding.Read(schema, value, "") is null && decoding.first is null;
    }

    /// <returns>What ends the decoding.</returns>
    private string? Read(Schema schema, JsonNode? value, string type)
    {
        if (value is null) return null;
        if (schema.Quantity) return value is JsonObject or JsonArray ? Quantity.Fault("{") : Quantity.Fault(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString());
        if (schema.IntOrString) return value.GetValueKind() == JsonValueKind.String ? null : IntegerFault(value, "int32");
        if (schema is { Type: SchemaType.String, Format: "date-time" }) return Time(schema, value);
        if (schema.PreserveUnknownFields || schema is { Type: SchemaType.Any, Properties.Count: 0 }) return null;
        if (schema.Properties.Count > 0) return value is JsonObject fields ? Struct(schema, fields) : Note(value, type);
        if (schema.Items is { } items) return value is JsonArray array ? All(items, array, type) : Note(value, type);
        if (schema.AdditionalProperties is { } values) return value is JsonObject map ? All(values, map.Select(static e => e.Value), type) : Note(value, type);
        if (schema.Format == "byte" && value is JsonArray bytes) return All(Byte, bytes, type);
        return Scalar(schema, value, type);
    }

    private string? Struct(Schema schema, JsonObject fields)
    {
        var (outer, depth) = (around, path.Count);
        foreach (var (name, value) in fields)
        {
            if (!schema.Properties.TryFind(name, out var field)) continue;
            around = GoTypeNames.OfStruct(schema);
            path.AddRange(GoTypeNames.Between(schema, name));
            path.Add(name);
            if (Read(field, value, GoTypeNames.OfField(schema, name, field)) is { } end) return end;
            path.RemoveRange(depth, path.Count - depth);
        }

        around = outer;
        return null;
    }

    private string? All(Schema items, IEnumerable<JsonNode?> values, string type)
    {
        // []v1.Protocol holds v1.Protocol; a list or map that has a name of its own does not say of what it is.
        var item = type.StartsWith("[]", StringComparison.Ordinal) ? type[2..] : type.StartsWith("map[string]", StringComparison.Ordinal) ? type["map[string]".Length..] : GoTypeNames.Of(items);
        foreach (var value in values)
        {
            if (Read(items, value, item) is { } end) return end;
        }

        return null;
    }

    private string? Scalar(Schema schema, JsonNode value, string type)
    {
        switch (schema.Type, value.GetValueKind())
        {
            case (SchemaType.Boolean, JsonValueKind.True or JsonValueKind.False):
            case (SchemaType.Number, JsonValueKind.Number):
                return null;
            case (SchemaType.String, JsonValueKind.String):
                if (schema.Format == "byte" && GoBase64.Fault(value.GetValue<string>()) is { } illegal) first ??= illegal;
                return null;
            case (SchemaType.Integer, _):
                first ??= IntegerFault(value, type);
                return null;
            default:
                return Note(value, type);
        }
    }

    private string? IntegerFault(JsonNode value, string type)
    {
        if (value.GetValueKind() != JsonValueKind.Number) return Mismatch(Word(value), type);
        // As clients write them: in lower case.
        var text = value.ToJsonString().ToLowerInvariant();
        var (least, most) = type switch
        {
            "uint8" => (byte.MinValue, byte.MaxValue),
            "int32" => (int.MinValue, int.MaxValue),
            _ => (long.MinValue, long.MaxValue),
        };
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? null : Mismatch($"number {text}", type);
    }

    private string? Time(Schema schema, JsonNode value)
    {
        if (value.GetValueKind() != JsonValueKind.String) return Mismatch(Word(value), "string");
        return GoTime.Fault(value.GetValue<string>(), schema.DefinitionName.EndsWith(".MicroTime", StringComparison.Ordinal) ? GoTime.Rfc3339Micro : GoTime.Rfc3339);
    }

    /// <summary>The decoding goes on; only the first of these is told.</summary>
    private string? Note(JsonNode value, string type)
    {
        first ??= Mismatch(Word(value), type);
        return null;
    }

    private string Mismatch(string word, string type) => $"json: cannot unmarshal {word} into Go struct field {around}.{string.Join('.', path)} of type {type}";

    private static string Word(JsonNode value) => value switch
    {
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "bool",
        },
    };
}
