using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Defaults of a CRD must themselves be valid, and complete: pruning them must change nothing.</summary>
internal static class DefaultRules
{
    public static void Check(Schema schema, string path, List<StatusCause> problems)
    {
        if (schema.Default is { } value)
            CheckDefault(schema, value, $"{path}.default", problems);
        foreach (var (name, field) in schema.Properties)
            Check(field, $"{path}.properties[{name}]", problems);
        if (schema.Items is { } items)
            Check(items, $"{path}.items", problems);
        if (schema.AdditionalProperties is { } values)
            Check(values, $"{path}.additionalProperties", problems);
    }

    private static void CheckDefault(Schema schema, JsonNode value, string path, List<StatusCause> problems)
    {
        // Judged as it would be used: a field of an object, with its own nested defaults filled in.
        var field = new SchemaProperties();
        field.Add("value", schema with { Default = null });
        var holder = new Schema { Type = SchemaType.Object, Properties = field };
        var report = SchemaWalk.RunPart(holder, new() { ["value"] = value.DeepClone() }, SchemaPasses.All);
        foreach (var unknown in report.UnknownFields)
            problems.Add(FieldErrors.Invalid($"{path}{unknown["value".Length..]}", null, "must not have unknown fields"));
        foreach (var cause in report.Causes)
            problems.Add(cause with { Field = $"{path}{cause.Field["value".Length..]}" });
    }
}
