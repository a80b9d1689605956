using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Schemas;

/// <summary>A value beside the one that stood in its place before an update (CRDValidationRatcheting): what was wrong before and was left alone is tolerated.
/// Fields and items of map lists are compared with their like; what the schema does not know cannot be compared, and makes a difference.</summary>
internal sealed class Correlation(Schema schema, JsonNode? value, JsonNode? old)
{
    private bool? unchanged;

    public bool Unchanged => unchanged ??= Compare();

    public Correlation? Field(string name)
    {
        if (value is not JsonObject now || old is not JsonObject before || !now.TryGetPropertyValue(name, out var field) || !before.TryGetPropertyValue(name, out var earlier))
            return null;
        return schema.Field(name) is { } known && !ReferenceEquals(known, Schema.Anything) ? new(known, field, earlier) : null;
    }

    public Correlation? Item(int index)
    {
        if (schema is not { ListType: ListType.Map, ListMapKeys.IsEmpty: false, Items: { } items } || value is not JsonArray now || old is not JsonArray before)
            return null;
        return now[index] is JsonObject item && Like(item, before) is { } earlier ? new(items, item, earlier) : null;
    }

    private bool Compare()
    {
        switch (value, old)
        {
            case (JsonObject now, JsonObject before):
                return now.Count == before.Count && now.All(field => Field(field.Key) is { Unchanged: true });
            case (JsonArray now, JsonArray before) when schema.ListType == ListType.Map:
                return now.Count == before.Count && Enumerable.Range(0, now.Count).All(i => Item(i) is { Unchanged: true });
            default:
                return GoValues.Equal(value, old);
        }
    }

    /// <summary>The first item of the list before that has the same keys, all of them scalars.</summary>
    private JsonObject? Like(JsonObject item, JsonArray before)
    {
        foreach (var earlier in before)
        {
            if (earlier is JsonObject candidate && schema.ListMapKeys.All(key => item[key] is JsonValue wanted && GoValues.Equal(wanted, candidate[key])))
                return candidate;
        }
        return null;
    }
}
