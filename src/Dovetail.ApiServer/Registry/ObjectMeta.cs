using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry;

/// <summary>Typed looks at the metadata of a JSON object. Values of a wrong type read as absent: validation reports them.</summary>
internal static class ObjectMeta
{
    /// <summary>The object's metadata, made when it is absent.</summary>
    public static JsonObject Metadata(this JsonObject obj)
    {
        if (obj["metadata"] is JsonObject metadata) return metadata;
        metadata = [];
        obj["metadata"] = metadata;
        return metadata;
    }

    public static string Text(this JsonObject obj, string name) => obj[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    public static bool? Flag(this JsonObject obj, string name) => obj[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    public static long? Number(this JsonObject obj, string name) =>
        obj[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number) ? number : null;

    public static JsonObject? Child(this JsonObject obj, string name) => obj[name] as JsonObject;

    public static IEnumerable<string> Strings(this JsonObject obj, string name) =>
        obj[name] is JsonArray array ? array.OfType<JsonValue>().Select(v => v.TryGetValue(out string? text) ? text : "").Where(t => t.Length > 0) : [];

    public static bool IsTerminating(this JsonObject obj) => obj.Metadata().Text("deletionTimestamp").Length > 0;

    /// <summary>Copies a field, or takes it away when the source has none.</summary>
    public static void TakeFrom(this JsonObject target, JsonObject source, string name)
    {
        if (source[name] is { } value) target[name] = value.DeepClone();
        else target.Remove(name);
    }

    /// <summary><c>metav1.Time</c>: whole seconds, UTC.</summary>
    public static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static JsonNode Long(long value) => JsonValue.Create(value);
}
