using System.Text.Json.Nodes;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>Reading and completing of JSON whose shape has not been checked yet: what has another type than expected is left for validation to name.</summary>
internal static class Json
{
    public static JsonObject? Object(this JsonObject? parent, string name) => parent?[name] as JsonObject;

    public static IEnumerable<JsonObject> Objects(this JsonObject? parent, string name) => (parent?[name] as JsonArray)?.OfType<JsonObject>() ?? [];

    public static string? Text(this JsonObject? parent, string name) => parent?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static bool IsFalse(this JsonObject? parent, string name) => parent?[name] is JsonValue value && value.TryGetValue<bool>(out var flag) && !flag;

    /// <summary>The object under the name, made when it is absent; null when something else is there.</summary>
    public static JsonObject? Ensure(this JsonObject? parent, string name)
    {
        if (parent is null) return null;
        if (parent[name] is null) parent[name] = new JsonObject();
        return parent[name] as JsonObject;
    }

    /// <summary>The array under the name, made when it is absent; null when something else is there.</summary>
    public static JsonArray? EnsureArray(this JsonObject? parent, string name)
    {
        if (parent is null) return null;
        if (parent[name] is null) parent[name] = new JsonArray();
        return parent[name] as JsonArray;
    }

    /// <summary>Sets a value unless there is one; an empty string counts as none.</summary>
    public static void Default(this JsonObject? parent, string name, JsonNode value)
    {
        if (parent is not null && (parent[name] is null || parent.Text(name) is "")) parent[name] = value;
    }
}
