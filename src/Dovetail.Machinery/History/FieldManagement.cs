using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.History;

/// <summary>Who wrote: a field manager, how (Apply or Update) and through which subresource ("" for the object itself).</summary>
public sealed record FieldManager(string Name, string Operation, string Subresource)
{
    public override string ToString() => Subresource.Length == 0 ? Name : $"{Name} ({Subresource})";
}

/// <summary>Reads from managedFields who made a change: the manager whose entry is new or different and owns the field, or owned it when the field has gone.</summary>
public static class FieldManagement
{
    /// <returns>Null when managedFields do not tell.</returns>
    public static FieldManager? WhoChanged(FieldPath path, JsonObject? old, JsonObject? now)
    {
        var before = Entries(old);
        var after = Entries(now);
        var written = after.Where(entry => !before.Exists(other => JsonNode.DeepEquals(entry, other))).ToList();
        var lost = before.Where(entry => !after.Exists(other => JsonNode.DeepEquals(entry, other))).ToList();
        var chosen = Owner(written, path)
            ?? Owner(lost.Where(entry => written.Count == 0 || written.Exists(other => Manager(entry) == Manager(other))), path)
            ?? (written.Count == 1 ? written[0] : null)
            ?? Owner(after, path);
        return chosen is null ? null : Manager(chosen);
    }

    /// <summary>Who wrote the object lately, for its creation.</summary>
    public static FieldManager? Creator(JsonObject obj) => Entries(obj) is [var only] ? Manager(only) : Entries(obj).MinBy(entry => Text(entry, "time"), StringComparer.Ordinal) is { } first ? Manager(first) : null;

    private static List<JsonObject> Entries(JsonObject? obj) => ((obj?["metadata"] as JsonObject)?["managedFields"] as JsonArray)?.OfType<JsonObject>().ToList() ?? [];

    /// <summary>The entry that names the path, or most of it.</summary>
    private static JsonObject? Owner(IEnumerable<JsonObject> entries, FieldPath path) => entries.Where(entry => Depth(entry, path) > 0).MaxBy(entry => Depth(entry, path));

    private static FieldManager Manager(JsonObject entry) => new(Text(entry, "manager"), Text(entry, "operation"), Text(entry, "subresource"));

    private static string Text(JsonObject obj, string name) => obj[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    /// <summary>Walks <c>fieldsV1</c> (KEP-555): <c>f:name</c>, <c>k:{"name":"web"}</c>. A set that ends above the path may own everything below (atomic lists and maps).</summary>
    /// <returns>How many steps of the path it names; 0 when it does not own it.</returns>
    private static int Depth(JsonObject entry, FieldPath path)
    {
        if (entry["fieldsV1"] is not JsonObject set) return 0;
        var depth = 0;
        foreach (var step in path.Steps)
        {
            if (depth > 0 && set.All(p => p.Key == ".")) return depth;
            var next = step switch
            {
                PathStep.Field(var name) => set[$"f:{name}"],
                PathStep.Item(var key, var value) => set.FirstOrDefault(p => IsKey(p.Key, key, value)).Value,
                _ => null,
            };
            if (next is not JsonObject inner) return 0;
            set = inner;
            depth++;
        }

        return depth;
    }

    private static bool IsKey(string step, string key, string value)
    {
        if (!step.StartsWith("k:", StringComparison.Ordinal)) return false;
        try
        {
            return JsonNode.Parse(step[2..]) is JsonObject keys && keys[key]?.ToString() == value;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
