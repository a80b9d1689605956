using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.JsonPath;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Crds;

/// <summary>The parts of a CRD's version beside its schema: subresources, printer columns, selectable fields. Each has a path of its own, because what versions share stands at the top.</summary>
internal static class CrdParts
{
    private const int MaxSelectableFields = 8;

    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    /// <param name="version">One of <c>spec.versions</c>.</param>
    /// <param name="subresources">Where its subresources stand: <c>spec</c> or the version's path.</param>
    /// <param name="columns">The same for its columns.</param>
    /// <param name="fields">The same for its selectable fields.</param>
    /// <param name="index">The version's place; what is shared is judged with the first.</param>
    /// <param name="causes">Gets what is wrong.</param>
    public static void Check(JsonObject version, string subresources, string columns, string fields, int index, List<StatusCause> causes)
    {
        if (subresources != "spec" || index == 0) Scale(version.Child("subresources")?.Child("scale"), $"{subresources}.subresources.scale", causes);
        if (columns != "spec" || index == 0) Columns(version["additionalPrinterColumns"] as JsonArray, $"{columns}.additionalPrinterColumns", causes);
        if (fields != "spec" || index == 0) SelectableFields(version, $"{fields}.selectableFields", causes);
    }

    private static void Scale(JsonObject? scale, string path, List<StatusCause> causes)
    {
        if (scale is null) return;
        Below(scale, "specReplicasPath", ".spec", required: true);
        Below(scale, "statusReplicasPath", ".status", required: true);
        Below(scale, "labelSelectorPath", "", required: false);

        void Below(JsonObject parts, string field, string top, bool required)
        {
            var value = parts.Text(field);
            if (value.Length == 0)
            {
                if (required) causes.Add(FieldErrors.Required($"{path}.{field}"));
            }
            else if (NotSimple(value) is { } wrong)
            {
                causes.Add(FieldErrors.Invalid($"{path}.{field}", value, wrong));
            }
            else if (top.Length > 0 && !value.StartsWith(top + ".", StringComparison.Ordinal))
            {
                causes.Add(FieldErrors.Invalid($"{path}.{field}", value, $"should be a json path under {top}"));
            }
            else if (top.Length == 0 && !value.StartsWith(".spec.", StringComparison.Ordinal) && !value.StartsWith(".status.", StringComparison.Ordinal))
            {
                causes.Add(FieldErrors.Invalid($"{path}.{field}", value, "should be a json path under either .status or .spec"));
            }
        }
    }

    private static void Columns(JsonArray? columns, string path, List<StatusCause> causes)
    {
        foreach (var (i, column) in (columns ?? []).OfType<JsonObject>().Index())
        {
            var at = $"{path}[{i}]";
            if (column.Text("name").Length == 0) causes.Add(FieldErrors.Required($"{at}.name"));
            var type = column.Text("type");
            if (type.Length == 0) causes.Add(FieldErrors.Required($"{at}.type", $"must be one of {string.Join(",", ColumnTypes)}"));
            else if (!ColumnTypes.Contains(type)) causes.Add(FieldErrors.Invalid($"{at}.type", type, $"must be one of {string.Join(",", ColumnTypes)}"));
            if (column.Text("format") is { Length: > 0 } format && !ColumnFormats.Contains(format))
                causes.Add(FieldErrors.Invalid($"{at}.format", format, $"must be one of {string.Join(",", ColumnFormats)}"));
            var jsonPath = column.Text("jsonPath");
            if (jsonPath.Length == 0) causes.Add(FieldErrors.Required($"{at}.JSONPath"));
            else if (NotSimple(jsonPath) is { } wrong) causes.Add(FieldErrors.Invalid($"{at}.JSONPath", jsonPath, wrong));
        }
    }

    private static void SelectableFields(JsonObject version, string path, List<StatusCause> causes)
    {
        if (version["selectableFields"] is not JsonArray fields) return;
        var schema = version.Child("schema")?.Child("openAPIV3Schema");
        var seen = new HashSet<string>();
        foreach (var (i, field) in fields.OfType<JsonObject>().Index())
        {
            var (at, jsonPath) = ($"{path}[{i}].jsonPath", field.Text("jsonPath"));
            if (jsonPath.Length == 0) causes.Add(FieldErrors.Required(at));
            else if (!jsonPath.StartsWith('.')) causes.Add(FieldErrors.Invalid(at, jsonPath, $"is an invalid path: expected [ or . but got: {jsonPath}"));
            else if (At(schema, jsonPath) is not { } found) causes.Add(FieldErrors.Invalid(at, jsonPath, "is an invalid path: does not refer to a valid field"));
            else if (jsonPath.StartsWith(".metadata.", StringComparison.Ordinal) || jsonPath == ".metadata") causes.Add(FieldErrors.Invalid(at, jsonPath, "must not point to fields in metadata"));
            else if (found.Text("type") is not ("boolean" or "integer" or "string")) causes.Add(FieldErrors.Invalid(at, jsonPath, "must point to a field of type boolean, integer, or string. Enum string fields and strings with formats are allowed."));
            else if (!seen.Add(jsonPath)) causes.Add(FieldErrors.Duplicate(at, jsonPath));
        }

        if (fields.Count > MaxSelectableFields) causes.Add(FieldErrors.TooMany(path, fields.Count, MaxSelectableFields));
    }

    private static JsonObject? At(JsonObject? schema, string jsonPath)
    {
        foreach (var step in jsonPath.Split('.').Skip(1)) schema = schema?.Child("properties")?.Child(step);
        return schema;
    }

    private static string? NotSimple(string jsonPath)
    {
        if (!jsonPath.StartsWith('.')) return "must be a simple json path starting with .";
        try
        {
            JsonPathExpression.Parse(jsonPath);
            return null;
        }
        catch (FormatException e)
        {
            return $"is an invalid JSONPath: {e.Message}";
        }
    }
}
