using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Rules of a whole list: its length, and the uniqueness that its list type promises.</summary>
internal static class ListRules
{
    /// <summary>Up to this length elements are compared pairwise, beyond it by their text in a hash set.</summary>
    private const int PairwiseLimit = 8;

    public static void Check(Schema schema, JsonArray array, FieldPath path, ref List<StatusCause>? causes)
    {
        if (schema.MaxItems is { } max && array.Count > max)
            (causes ??= []).Add(FieldErrors.TooMany(path.ToString(), array.Count, max));
        if (schema.MinItems is { } min && array.Count < min)
            (causes ??= []).Add(ValueRules.BodyError(path, array, $"should have at least {min} items"));
        // Built-in kinds check the uniqueness that they want in code: two ports with one number are fine there.
        if (array.Count > 1 && !schema.Typed && (schema.ListType is ListType.Set or ListType.Map || schema.UniqueItems))
            Unique(schema, array, path, ref causes);
    }

    private static void Unique(Schema schema, JsonArray array, FieldPath path, ref List<StatusCause>? causes)
    {
        var seen = array.Count > PairwiseLimit ? new HashSet<string>(StringComparer.Ordinal) : null;
        for (var i = 0; i < array.Count; i++)
        {
            if (seen is null ? !Earlier(schema, array, i) : seen.Add(Identity(schema, array[i])?.ToJsonString() ?? "null"))
                continue;
            path.Push(i);
            (causes ??= []).Add(FieldErrors.Duplicate(path.ToString(), Identity(schema, array[i])));
            path.Pop();
        }
    }

    private static bool Earlier(Schema schema, JsonArray array, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (Same(schema, array[i], array[index]))
                return true;
        }
        return false;
    }

    private static bool Same(Schema schema, JsonNode? a, JsonNode? b)
    {
        if (schema.ListType != ListType.Map || a is not JsonObject left || b is not JsonObject right)
            return JsonNode.DeepEquals(a, b);
        foreach (var key in schema.ListMapKeys)
        {
            if (!JsonNode.DeepEquals(left[key], right[key]))
                return false;
        }
        return true;
    }

    /// <summary>What an element is known by: itself in a set, its keys in a map.</summary>
    private static JsonNode? Identity(Schema schema, JsonNode? element)
    {
        if (schema.ListType != ListType.Map || element is not JsonObject obj)
            return element;
        var keys = new JsonObject();
        foreach (var key in schema.ListMapKeys)
        {
            if (obj[key] is { } value)
                keys[key] = value.DeepClone();
        }
        return keys;
    }
}
