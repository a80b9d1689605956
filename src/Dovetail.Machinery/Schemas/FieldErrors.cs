using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Causes in upstream's words (<c>k8s.io/apimachinery/pkg/util/validation/field</c>): reason, and message without the field's path.</summary>
public static class FieldErrors
{
    public static StatusCause Required(string field, string detail = "") => new("FieldValueRequired", Join("Required value", detail), field);

    public static StatusCause Invalid(string field, JsonNode? value, string detail) => new("FieldValueInvalid", Join($"Invalid value: {Show(value)}", detail), field);

    public static StatusCause TypeInvalid(string field, JsonNode? value, string detail) => new("FieldValueTypeInvalid", Join($"Invalid value: {Show(value)}", detail), field);

    public static StatusCause Forbidden(string field, string detail) => new("FieldValueForbidden", Join("Forbidden", detail), field);

    public static StatusCause Duplicate(string field, JsonNode? value) => new("FieldValueDuplicate", $"Duplicate value: {Show(value)}", field);

    public static StatusCause NotFound(string field, JsonNode? value) => new("FieldValueNotFound", $"Not found: {Show(value)}", field);

    public static StatusCause TooLong(string field, long max) =>
        new("FieldValueTooLong", string.Create(CultureInfo.InvariantCulture, $"Too long: may not be more than {max} {(max == 1 ? "byte" : "bytes")}"), field);

    public static StatusCause TooMany(string field, long actual, long max) =>
        new("FieldValueTooMany", string.Create(CultureInfo.InvariantCulture, $"Too many: {actual}: must have at most {max} {(max == 1 ? "item" : "items")}"), field);

    /// <param name="supported">Listed in the given order, each quoted.</param>
    public static StatusCause NotSupported(string field, JsonNode? value, IEnumerable<string> supported) =>
        new("FieldValueNotSupported", $"Unsupported value: {Show(value)}: supported values: {string.Join(", ", supported.Select(Quote))}", field);

    /// <summary>The Status of an invalid object (422), worded as upstream: <c>Pod "x" is invalid: spec.a: Required value</c>, several errors in brackets.</summary>
    public static ApiStatus InvalidObject(string group, string kind, string name, IReadOnlyList<StatusCause> causes)
    {
        var qualified = group.Length == 0 ? kind : $"{kind}.{group}";
        var text = new StringBuilder($"{qualified} {Quote(name)} is invalid: ");
        if (causes.Count > 1)
            text.Append('[');
        for (var i = 0; i < causes.Count; i++)
        {
            if (i > 0)
                text.Append(", ");
            text.Append(causes[i].Field).Append(": ").Append(causes[i].Message);
        }
        if (causes.Count > 1)
            text.Append(']');
        return new() { Code = 422, Reason = "Invalid", Message = text.ToString(), Group = group, Kind = kind, Name = name, Causes = [.. causes] };
    }

    /// <summary>A string as Go's %q shows it.</summary>
    internal static string Quote(string text) => GoText.Quote(text);

    private static string Show(JsonNode? value) => value?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.String => Quote(value.GetValue<string>()),
        JsonValueKind.Number when !JsonNumber.IsWhole(value.AsValue()) => GoText.Float(JsonNumber.Of(value.AsValue()).Value),
        _ => GoText.Json(value),
    };

    private static string Join(string head, string detail) => detail.Length == 0 ? head : $"{head}: {detail}";
}
