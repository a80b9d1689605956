using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Patch;

/// <summary>Strategic merge patch as Kubernetes defines it (sig-api-machinery/strategic-merge-patch.md): a merge patch in which lists marked
/// <c>patchStrategy: merge</c> merge by key or as a set. Directives: <c>$patch: replace|delete</c>, <c>$deleteFromPrimitiveList/field</c>,
/// <c>$setElementOrder/field</c> and <c>$retainKeys</c>. Follows upstream's library step by step, since kubectl's results hang on its order of doing things.</summary>
public static class StrategicMergePatch
{
    internal const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromPrimitiveList = "$deleteFromPrimitiveList";
    private const string SetElementOrder = "$setElementOrder";

    /// <summary>Returns the patched object. <paramref name="target"/> is changed and reused, <paramref name="patch"/> is not.</summary>
    /// <exception cref="StatusException">400 for malformed directives; 500 without a reason, as upstream, for what does not fit the type.</exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, Schema schema) => MergeMap(target, (JsonObject)patch.DeepClone(), schema);

    /// <summary>Uses <paramref name="patch"/> up.</summary>
    internal static JsonObject MergeMap(JsonObject original, JsonObject patch, Schema? schema)
    {
        if (patch.TryGetPropertyValue(Directive, out var directive)) return Directed(patch, directive);
        Retain(original, patch);
        foreach (var name in Names(patch, SetElementOrder)) SetOrder(original, patch, name, schema);
        foreach (var name in patch.Select(field => field.Key).ToList())
        {
            var change = patch[name];
            patch.Remove(name);
            if (name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal)) DeleteListed(original, Suffix(name, DeleteFromPrimitiveList), change, schema);
            else if (change is null) original.Remove(name);
            else MergeField(original, name, change, schema);
        }

        return original;
    }

    private static void MergeField(JsonObject original, string name, JsonNode change, Schema? schema)
    {
        switch (original.TryGetPropertyValue(name, out var current) ? current : null, change)
        {
            case (JsonObject fields, JsonObject changes):
                var field = Lookup(schema, name);
                Put(original, name, Replaces(field) ? changes : MergeMap(fields, changes, field));
                break;
            case (JsonArray items, JsonArray changes):
                var list = LookupList(schema, name);
                if (Merges(list)) StrategicList.Of(list, items, changes).MergeInto(items);
                else original[name] = changes;
                break;
            default:
                if (WithoutDirectives(MergePatch.WithoutNulls(change)) is { } kept) original[name] = kept;
                else original.Remove(name);
                break;
        }
    }

    private static JsonObject Directed(JsonObject patch, JsonNode? directive)
    {
        switch (Text(directive))
        {
            case "replace":
                patch.Remove(Directive);
                return patch;
            case "delete":
                return [];
            default:
                throw StrategicErrors.UnknownDirective(directive, patch);
        }
    }

    private static void Retain(JsonObject original, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(RetainKeys, out var retained)) return;
        patch.Remove(RetainKeys);
        if (retained is not JsonArray list) throw StrategicErrors.BadRetainKeys();
        var keep = list.Select(Text).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in patch)
        {
            if (value is not null && !name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal) && !name.StartsWith(SetElementOrder, StringComparison.Ordinal) && !keep.Contains(name))
                throw StrategicErrors.BadRetainKeys();
        }

        foreach (var name in original.Select(field => field.Key).Where(name => !keep.Contains(name)).ToList()) original.Remove(name);
    }

    /// <summary>Merges a list together with the order that is asked for it.</summary>
    private static void SetOrder(JsonObject original, JsonObject patch, string name, Schema? schema)
    {
        var order = patch[name] as JsonArray ?? throw StrategicErrors.BadArgument(patch[name]);
        patch.Remove(name);
        var field = Suffix(name, SetElementOrder);
        var items = Items(original, field);
        var changes = Items(patch, field);
        var schemaOfList = LookupList(schema, field);
        StrategicList.RequireOrder(schemaOfList, changes, order);
        if (items is null && changes is null) return;
        patch.Remove(field);
        if ((items?.Count ?? 0) + (changes?.Count ?? 0) == 0) throw StrategicErrors.NoElements();
        var list = StrategicList.Of(schemaOfList, items ?? [], changes ?? []);
        if (items is null)
        {
            items = (JsonArray)WithoutDirectives(changes!)!;
            original[field] = items;
            list = StrategicList.Of(schemaOfList, [], items);
            list.Order(items, order, []);
            return;
        }

        list.MergeInto(items, order, changes is not null && Merges(schemaOfList));
        if (changes is null || Merges(schemaOfList)) return;
        original[field] = changes;
        list.Order(changes, order, list.Known);
    }

    private static void DeleteListed(JsonObject original, string field, JsonNode? doomed, Schema? schema)
    {
        if (!original.TryGetPropertyValue(field, out var current)) return;
        if (doomed is null)
        {
            original.Remove(field);
            return;
        }

        if (current is not JsonArray items || doomed is not JsonArray values) return;
        var list = StrategicList.Of(LookupList(schema, field), items, values);
        if (list.OfMaps) list.MergeInto(items);
        else list.Delete(items);
    }

    /// <summary>Directives have nothing to act on where the object has nothing: what carries one is left out. Null when <paramref name="value"/> itself does.</summary>
    private static JsonNode? WithoutDirectives(JsonNode value)
    {
        switch (value)
        {
            case JsonObject fields when fields.ContainsKey(Directive):
                return null;
            case JsonObject fields:
                for (var i = fields.Count - 1; i >= 0; i--)
                {
                    var (_, field) = fields.GetAt(i);
                    if (field is not null && WithoutDirectives(field) is null) fields.RemoveAt(i);
                }

                return fields;
            case JsonArray items:
                for (var i = items.Count - 1; i >= 0; i--)
                    if (items[i] is { } item && WithoutDirectives(item) is null) items.RemoveAt(i);
                return items;
            default:
                return value;
        }
    }

    private static void Put(JsonObject original, string name, JsonObject value)
    {
        if (!ReferenceEquals(original[name], value)) original[name] = value;
    }

    private static List<string> Names(JsonObject patch, string prefix)
    {
        List<string>? names = null;
        foreach (var (name, _) in patch)
            if (name.StartsWith(prefix, StringComparison.Ordinal)) (names ??= []).Add(name);
        return names ?? [];
    }

    private static string Suffix(string name, string prefix) =>
        name.Length > prefix.Length && name[prefix.Length] == '/' ? name[(prefix.Length + 1)..] : throw StrategicErrors.BadPrefix(prefix == SetElementOrder);

    private static JsonArray? Items(JsonObject fields, string name)
    {
        if (!fields.TryGetPropertyValue(name, out var value)) return null;
        return value as JsonArray ?? throw StrategicErrors.BadArgument(value);
    }

    private static Schema Lookup(Schema? schema, string name)
    {
        if (schema is not { Properties.Count: > 0 }) throw StrategicErrors.NoStruct();
        return schema.Properties.Find(name) ?? throw StrategicErrors.NoField(schema, name);
    }

    private static Schema LookupList(Schema? schema, string name)
    {
        var field = Lookup(schema, name);
        return field.Type == SchemaType.Array ? field : throw StrategicErrors.NoList();
    }

    private static bool Merges(Schema schema) => Strategy(schema) == "merge";

    private static bool Replaces(Schema schema) => Strategy(schema) == "replace";

    private static string Strategy(Schema schema) => schema.PatchStrategy.Replace("retainKeys", "", StringComparison.Ordinal).Trim(',');

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
