using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Rules of a whole list: its length, and the uniqueness that its list type promises.</summary>
internal static class ListRules
{
    /// <summary>Up to this length elements are compared pairwise, beyond it by their text in a hash set.</summary>
    private const int PairwiseLimit = 8;

    public static void Check(Schema schema, JsonArray array, FieldPath path, ref List<StatusCause>? causes, ref List<StatusCause>? doubled)
    {
        if (schema.MaxItems is { } max && array.Count > max)
            (causes ??= []).Add(FieldErrors.TooMany(path.ToString(), array.Count, max));
        if (schema.MinItems is { } min && array.Count < min)
            (causes ??= []).Add(ValueRules.BodyError(path, JsonValue.Create(array.Count), $"should have at least {min} items"));
        // Built-in kinds check the uniqueness that they want in code: two ports with one number are fine there.
        if (array.Count > 1 && !schema.Typed && (schema.ListType is ListType.Set or ListType.Map || schema.UniqueItems))
            Unique(schema, array, path, ref doubled);
    }

    /// <summary>The item of the list before that has the same keys; null when items have none.</summary>
    public static JsonNode? Like(Schema schema, JsonNode item, JsonArray old)
    {
        if (schema.ListType != ListType.Map || item is not JsonObject)
            return null;
        foreach (var earlier in old)
        {
            if (earlier is JsonObject && Same(schema, earlier, item))
                return earlier;
        }
        return null;
    }

    private static void Unique(Schema schema, JsonArray array, FieldPath path, ref List<StatusCause>? causes)
    {
        var seen = array.Count > PairwiseLimit ? new Dictionary<string, int>(StringComparer.Ordinal) : null;
        for (var i = 0; i < array.Count; i++)
        {
            // Of a value that occurs often, its second occurrence is named.
            if ((seen is null ? Earlier(schema, array, i) : Earlier(schema, array, i, seen)) != 1)
                continue;
            path.Push(i);
            (causes ??= []).Add(FieldErrors.Duplicate(path.Keyed(), Identity(schema, array[i])));
            path.Pop();
        }
    }

    private static int Earlier(Schema schema, JsonArray array, int index)
    {
        var count = 0;
        for (var i = 0; i < index; i++)
            count += Same(schema, array[i], array[index]) ? 1 : 0;
        return count;
    }

    private static int Earlier(Schema schema, JsonArray array, int index, Dictionary<string, int> seen)
    {
        var identity = Identity(schema, array[index])?.ToJsonString() ?? "null";
        var count = seen.GetValueOrDefault(identity);
        seen[identity] = count + 1;
        return count;
    }

    private static bool Same(Schema schema, JsonNode? a, JsonNode? b)
    {
        if (schema.ListType != ListType.Map || a is not (null or JsonObject) || b is not (null or JsonObject))
            return JsonNode.DeepEquals(a, b);
        foreach (var key in schema.ListMapKeys)
        {
            if (!JsonNode.DeepEquals(a?[key], b?[key]))
                return false;
        }
        return true;
    }

    /// <summary>What an element is known by: itself in a set, its keys in a map.</summary>
    private static JsonNode? Identity(Schema schema, JsonNode? element)
    {
        if (schema.ListType != ListType.Map || element is not (null or JsonObject))
            return element;
        var keys = new JsonObject();
        foreach (var key in schema.ListMapKeys)
        {
            if (element?[key] is { } value)
                keys[key] = value.DeepClone();
        }
        return keys;
    }
}
