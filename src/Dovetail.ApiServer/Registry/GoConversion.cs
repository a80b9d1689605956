using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>What upstream says of a strategic merge patch's outcome that is not of the kind's Go type; its <c>FromUnstructured</c> (k8s.io/apimachinery/pkg/runtime) names types and no field.</summary>
internal static class GoConversion
{
    /// <summary>The first fault in the order of fields; null when there is none that this conversion would notice.</summary>
    public static string? Fault(Schema schema, JsonNode? value)
    {
        // Types with a reader of their own complain in their own words.
        if (value is null || schema.IntOrString || schema.Quantity || schema.PreserveUnknownFields || schema.Format.Length > 0 && schema.Type == SchemaType.String) return null;
        if (schema.Properties.Count > 0) return value is JsonObject fields ? Fields(schema, fields) : $"cannot restore struct from: {Word(value)}";
        if (schema.AdditionalProperties is { } values)
            return value is JsonObject map ? map.Select(entry => Fault(values, entry.Value)).FirstOrDefault(f => f is not null) : $"cannot restore map from {Word(value)}";
        if (schema.Items is { } items)
            return value is JsonArray array ? array.Select(item => Fault(items, item)).FirstOrDefault(f => f is not null) : $"cannot restore slice from {Word(value)}";
        return Scalar(schema, value);
    }

    private static string? Fields(Schema schema, JsonObject fields)
    {
        foreach (var (name, value) in fields)
        {
            if (schema.Properties.TryFind(name, out var field) && Fault(field, value) is { } fault) return fault;
        }

        return null;
    }

    private static string? Scalar(Schema schema, JsonNode value)
    {
        var (wanted, fits) = (schema.Type, value.GetValueKind()) switch
        {
            (SchemaType.String, var kind) => ("string", kind == JsonValueKind.String),
            (SchemaType.Boolean, var kind) => ("bool", kind is JsonValueKind.True or JsonValueKind.False),
            (SchemaType.Integer, var kind) => (schema.Format is "int32" ? "int32" : "int64", kind == JsonValueKind.Number),
            (SchemaType.Number, var kind) => ("float64", kind == JsonValueKind.Number),
            _ => ("", true),
        };
        if (fits) return null;
        // Go converts a whole number to a string of one character, and upstream refuses that by name.
        return wanted == "string" && Word(value) == "int64" ? "cannot convert int64 to string" : $"unrecognized type: {wanted}";
    }

    private static string Word(JsonNode value) => value switch
    {
        JsonObject => "map",
        JsonArray => "slice",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => value.AsValue().TryGetValue(out long _) ? "int64" : "float64",
            _ => "bool",
        },
    };
}
