using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>What <c>x-kubernetes-list-type</c> promises of lists: no element of a set and no key of a map twice.</summary>
internal static class ListRules
{
    /// <summary>Every doubled element of an object; null when there is none.</summary>
    public static List<StatusCause>? Doubled(Schema schema, JsonObject obj)
    {
        List<StatusCause>? causes = null;
        if (schema.HasUniqueLists)
            Visit(schema, obj, new(), ref causes);
        return causes;
    }

    private static void Visit(Schema schema, JsonNode? value, FieldPath path, ref List<StatusCause>? causes)
    {
        switch (value)
        {
            case JsonObject obj:
                foreach (var (name, field) in obj)
                {
                    var known = schema.Properties.Find(name);
                    if (known is null)
                        path.PushKey(name);
                    else
                        path.Push(name);
                    if ((known ?? schema.AdditionalProperties) is { HasUniqueLists: true } inner)
                        Visit(inner, field, path, ref causes);
                    path.Pop();
                }
                break;
            case JsonArray array:
                Unique(schema, array, path, ref causes);
                for (var i = 0; i < array.Count && schema.Items is { HasUniqueLists: true } items; i++)
                {
                    path.Push(i);
                    Visit(items, array[i], path, ref causes);
                    path.Pop();
                }
                break;
            default:
                break;
        }
    }

    private static void Unique(Schema schema, JsonArray array, FieldPath path, ref List<StatusCause>? causes)
    {
        if (schema.ListType is not (ListType.Set or ListType.Map))
            return;
        for (var i = 0; i < array.Count && schema.ListType == ListType.Map; i++)
        {
            if (array[i] is null or JsonObject)
                continue;
            (causes ??= []).Add(FieldErrors.Invalid(At(path, i), GoValues.Sorted(array[i]), "must be an object for an array of list-type map"));
            return;
        }
        if (array.Count < 2)
            return;
        var seen = new Dictionary<string, int>(array.Count, StringComparer.Ordinal);
        for (var i = 0; i < array.Count; i++)
        {
            var identity = Identity(schema, array[i]);
            var text = identity is JsonValue number && number.GetValueKind() == JsonValueKind.Number && !JsonNumber.IsWhole(number) ? $"float {number.ToJsonString()}" : GoText.Json(GoValues.Sorted(identity));
            var times = seen[text] = seen.GetValueOrDefault(text) + 1;
            // Of a value that occurs often, its second occurrence is named.
            if (times == 2)
                (causes ??= []).Add(FieldErrors.Duplicate(At(path, i), GoValues.Sorted(schema.ListType == ListType.Set ? array[i] : Keys(schema, array[i]))));
        }
    }

    /// <summary>What an element is known by: itself in a set, the value of its key or its keys in a map.</summary>
    private static JsonNode? Identity(Schema schema, JsonNode? element)
    {
        if (schema.ListType == ListType.Set)
            return element;
        if (schema.ListMapKeys.Length != 1)
            return Keys(schema, element);
        // An element without its key is like any other without it, but not like one whose key is null.
        return element is JsonObject item && item.TryGetPropertyValue(schema.ListMapKeys[0], out var key) ? key : new JsonArray(new JsonArray(new JsonArray()));
    }

    private static JsonObject Keys(Schema schema, JsonNode? element)
    {
        var keys = new JsonObject();
        foreach (var key in schema.ListMapKeys)
        {
            if (element is JsonObject item && item.TryGetPropertyValue(key, out var value))
                keys[key] = value?.DeepClone();
        }
        return keys;
    }

    private static string At(FieldPath path, int index)
    {
        path.Push(index);
        var text = path.Keyed();
        path.Pop();
        return text;
    }
}
