using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Reading and filling in fields of objects that a schema has already shaped: what has another type than it should have counts as absent and is left alone.</summary>
internal static class JsonDefaults
{
    public static JsonObject? Child(this JsonObject obj, string field) => obj[field] as JsonObject;

    public static string Text(this JsonObject obj, string field) => obj[field] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    public static bool IsTrue(this JsonObject obj, string field) => obj[field] is JsonValue value && value.TryGetValue(out bool flag) && flag;

    /// <summary>The elements of a list that are objects.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonObject obj, string field)
    {
        if (obj[field] is not JsonArray array)
            yield break;
        foreach (var node in array)
        {
            if (node is JsonObject element)
                yield return element;
        }
    }

    /// <summary>Sets a text that is absent or empty.</summary>
    public static void Default(this JsonObject obj, string field, string value)
    {
        if (obj[field] is null || (obj[field] is JsonValue present && present.TryGetValue(out string? text) && text.Length == 0))
            obj[field] = value;
    }

    public static void Default(this JsonObject obj, string field, long value)
    {
        if (obj[field] is null)
            obj[field] = value;
    }

    /// <summary>Whether a number is absent or 0.</summary>
    public static bool IsZero(this JsonObject obj, string field) => obj[field] is null || (obj[field] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && JsonNumber.Of(value).Value == 0);

    /// <summary>Sets a number whose zero means that it was not given.</summary>
    public static void DefaultZero(this JsonObject obj, string field, long value)
    {
        if (obj.IsZero(field))
            obj[field] = value;
    }

    public static void Default(this JsonObject obj, string field, bool value)
    {
        if (obj[field] is null)
            obj[field] = value;
    }

    /// <summary>The object in the field, made when it is absent.</summary>
    public static JsonObject Made(this JsonObject obj, string field)
    {
        if (obj[field] is JsonObject present)
            return present;
        var made = new JsonObject();
        if (obj[field] is null)
            obj[field] = made;
        return made;
    }
}
