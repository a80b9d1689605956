using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Patch;

/// <summary>Strategic merge patch as Kubernetes defines it (sig-api-machinery/strategic-merge-patch.md): a merge patch in which lists marked
/// <c>patchStrategy: merge</c> merge by key or as a set. Directives: <c>$patch: replace|merge|delete</c>, <c>$deleteFromPrimitiveList/field</c>,
/// <c>$setElementOrder/field</c> and <c>$retainKeys</c>.</summary>
public static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromPrimitiveList = "$deleteFromPrimitiveList/";
    private const string SetElementOrder = "$setElementOrder/";

    /// <summary>Returns the patched object. <paramref name="target"/> is changed and reused, <paramref name="patch"/> is not. A patch that does not fit is a 400.</summary>
    public static JsonObject Apply(JsonObject target, JsonObject patch, Schema schema) => MergeObjects(target, patch, schema);

    private static JsonObject MergeObjects(JsonObject target, JsonObject patch, Schema? schema)
    {
        switch (DirectiveOf(patch))
        {
            case "replace":
                return (JsonObject)WithoutDirectives(patch, schema, except: Directive)!;
            case "delete":
                return [];
            case null or "merge":
                break;
            case var unknown:
                throw BadDirective(unknown);
        }

        if (patch.TryGetPropertyValue(RetainKeys, out var retained)) Retain(target, patch, retained);
        foreach (var (name, change) in patch)
        {
            if (name is Directive or RetainKeys) continue;
            if (name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal))
            {
                DeletePrimitives(target, name[DeleteFromPrimitiveList.Length..], AsArray(name, change));
                continue;
            }

            if (name.StartsWith(SetElementOrder, StringComparison.Ordinal))
            {
                // The order speaks of the list after it is merged; with a list in the same patch it is handled there.
                var field = name[SetElementOrder.Length..];
                if (!Merges(schema?.Field(field))) throw PatchErrors.BadRequest($"{name}: the list does not merge, so its order cannot be patched");
                if (!patch.ContainsKey(field)) MergeField(target, patch, field, new JsonArray(), schema?.Field(field));
                continue;
            }

            if (change is null) target.Remove(name);
            else MergeField(target, patch, name, change, schema?.Field(name));
        }

        return target;
    }

    private static void MergeField(JsonObject target, JsonObject patch, string name, JsonNode change, Schema? schema)
    {
        target.TryGetPropertyValue(name, out var current);
        switch (change)
        {
            case JsonObject fields when schema is { Type: SchemaType.Array }:
                throw WrongType(name, "array", fields);
            case JsonObject fields when current is JsonObject existing && !Replaces(schema):
                var merged = MergeObjects(existing, fields, schema);
                if (!ReferenceEquals(merged, existing)) target[name] = merged;
                break;
            case JsonArray items when Merges(schema) && (current is JsonArray || patch.ContainsKey(SetElementOrder + name) || HasDirectives(items)):
                var order = patch.TryGetPropertyValue(SetElementOrder + name, out var setOrder) ? AsArray(SetElementOrder + name, setOrder) : null;
                var existingItems = current as JsonArray;
                if (existingItems is null && items.Count == 0) break; // an order of a list that is not there
                var list = MergeLists(name, existingItems ?? [], items, order, schema!);
                if (!ReferenceEquals(list, current)) target[name] = list;
                break;
            case JsonArray or JsonValue when schema is { Type: SchemaType.Object }:
                throw WrongType(name, "map", change);
            case JsonObject gone when DirectiveOf(gone) == "delete":
                target.Remove(name);
                break;
            default:
                target[name] = WithoutDirectives(change, schema);
                break;
        }
    }

    private static JsonArray MergeLists(string name, JsonArray current, JsonArray patch, JsonArray? order, Schema schema)
    {
        if (patch.Any(item => item is JsonArray)) throw PatchErrors.BadRequest($"merging lists of lists is not supported (field {name})");
        if (schema.PatchMergeKey.Length == 0) return MergePrimitives(current, patch, order);

        var key = schema.PatchMergeKey;
        var items = patch.Select(item => item as JsonObject ?? throw WrongType(name, "map", item)).ToList();
        var replace = items.Exists(item => DirectiveOf(item) == "replace");
        var result = replace ? [] : current;
        var original = result.Count;
        foreach (var item in items.Where(item => DirectiveOf(item) == "delete"))
        {
            var doomed = KeyOf(item, key, name);
            for (var i = result.Count - 1; i >= 0; i--)
                if (JsonEquality.Equal(KeyOrNull(result[i], key), doomed)) result.RemoveAt(i);
        }

        // Which items count as new when the order is made: with $setElementOrder, upstream's library takes as many of them for known as were deleted
        // (it compares with a slice that the additions have overwritten), and kubectl's users see that order.
        var known = order is null ? result.Count : original;
        foreach (var item in items)
        {
            switch (DirectiveOf(item))
            {
                case "replace" or "delete":
                    break; // a marker: the patch's other items are the new list
                case null or "merge":
                    MergeItem(result, item, key, name, schema.Items);
                    break;
                case var unknown:
                    throw BadDirective(unknown);
            }
        }

        var patched = items.Where(item => DirectiveOf(item) is null or "merge").Select(item => KeyOf(item, key, name)).ToList();
        return Reorder(result, known, order?.Select(item => KeyOrNull(item, key) ?? throw MissingKey(key, name)).ToList(), patched, item => KeyOrNull(item, key));
    }

    private static void MergeItem(JsonArray list, JsonObject item, string key, string name, Schema? schema)
    {
        var wanted = KeyOf(item, key, name);
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is not JsonObject existing || !JsonEquality.Equal(KeyOrNull(existing, key), wanted)) continue;
            var merged = MergeObjects(existing, item, schema);
            if (!ReferenceEquals(merged, existing)) list[i] = merged;
            return;
        }

        list.Add(WithoutDirectives(item, schema));
    }

    private static JsonArray MergePrimitives(JsonArray current, JsonArray patch, JsonArray? order)
    {
        var known = current.Count;
        foreach (var item in patch)
            if (!current.Any(existing => JsonEquality.Equal(existing, item))) current.Add(item?.DeepClone());
        return Reorder(current, known, order?.Select(item => item!).ToList(), patch.Select(item => item!).ToList(), item => item);
    }

    /// <summary>Puts the items named by <paramref name="order"/> (without one: the patch's own) into that order. An item that only the server knows keeps its place before
    /// those that it stood before; items that are new stand before what only the server knows.</summary>
    private static JsonArray Reorder(JsonArray merged, int known, List<JsonNode>? order, List<JsonNode> patched, Func<JsonNode?, JsonNode?> keyOf)
    {
        foreach (var key in patched)
            if (order?.Exists(o => JsonEquality.Equal(o, key)) == false)
                throw PatchErrors.BadRequest("The order in patch list:\n" + Text(patched) + "\n doesn't match $setElementOrder list:\n" + Text(order));

        var before = merged.ToList();
        var ordered = new List<(JsonNode? Item, int Old)>();
        foreach (var key in order ?? patched)
        {
            var at = before.FindIndex(item => JsonEquality.Equal(keyOf(item), key));
            if (at >= 0 && !ordered.Exists(o => o.Old == at)) ordered.Add((before[at], at));
        }

        if (ordered.Count == 0) return merged;
        var serverOnly = before.Select((item, i) => (Item: item, Old: i)).Where(pair => !ordered.Exists(o => o.Old == pair.Old)).ToList();
        var result = new List<JsonNode?>(before.Count);
        int left = 0, right = 0;
        while (left < ordered.Count || right < serverOnly.Count)
        {
            var takeServer = left == ordered.Count || (right < serverOnly.Count && ordered[left].Old < known && serverOnly[right].Old < ordered[left].Old);
            result.Add(takeServer ? serverOnly[right++].Item : ordered[left++].Item);
        }

        merged.Clear();
        foreach (var item in result) merged.Add(item);
        return merged;
    }

    private static void DeletePrimitives(JsonObject target, string field, JsonArray doomed)
    {
        if (!target.TryGetPropertyValue(field, out var current) || current is not JsonArray list) return;
        if (list.Concat(doomed).Any(item => item is not JsonValue)) throw PatchErrors.BadRequest($"{DeleteFromPrimitiveList}{field}: the list does not hold primitives");
        for (var i = list.Count - 1; i >= 0; i--)
            if (doomed.Any(item => JsonEquality.Equal(item, list[i]))) list.RemoveAt(i);
    }

    private static void Retain(JsonObject target, JsonObject patch, JsonNode? retained)
    {
        var keep = AsArray(RetainKeys, retained).Select(item => item?.GetValueKind() == JsonValueKind.String ? item.GetValue<string>() : "").ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in patch)
            if (!name.StartsWith('$') && value is not null && !keep.Contains(name))
                throw PatchErrors.BadRequest($"{RetainKeys} list doesn't match patch: {name}");
        foreach (var name in target.Select(field => field.Key).Where(name => !keep.Contains(name)).ToList()) target.Remove(name);
    }

    /// <summary>A copy of what a patch adds where the object has nothing yet: directives have nothing to act on and are dropped, and so are nulls.</summary>
    private static JsonNode? WithoutDirectives(JsonNode? value, Schema? schema, string? except = null)
    {
        switch (value)
        {
            case JsonObject fields:
                if (except is null)
                {
                    switch (DirectiveOf(fields))
                    {
                        case "delete":
                            return new JsonObject();
                        case null or "merge" or "replace":
                            break;
                        case var unknown:
                            throw BadDirective(unknown);
                    }
                }

                var copy = new JsonObject();
                foreach (var (name, field) in fields)
                {
                    if (name is Directive or RetainKeys || field is null) continue;
                    if (field is JsonObject gone && DirectiveOf(gone) == "delete") continue;
                    if (name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal) || name.StartsWith(SetElementOrder, StringComparison.Ordinal)) continue;
                    copy[name] = WithoutDirectives(field, schema?.Field(name));
                }

                return copy;
            case JsonArray items:
                var list = new JsonArray();
                foreach (var item in items)
                {
                    if (item is JsonObject marked && DirectiveOf(marked) is "delete" or "replace" && Merges(schema)) continue;
                    list.Add(WithoutDirectives(item, schema?.Items));
                }

                return list;
            default:
                return value?.DeepClone();
        }
    }

    private static bool Merges(Schema? schema) => schema is not null && schema.PatchStrategy.Contains("merge", StringComparison.Ordinal);

    private static bool Replaces(Schema? schema) => schema is not null && schema.PatchStrategy.Contains("replace", StringComparison.Ordinal);

    private static bool HasDirectives(JsonArray items) => items.Any(item => item is JsonObject fields && fields.ContainsKey(Directive));

    private static string? DirectiveOf(JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(Directive, out var value)) return null;
        return value is JsonValue text && text.TryGetValue<string>(out var directive) ? directive : throw BadDirective(value?.ToJsonString() ?? "null");
    }

    private static JsonNode KeyOf(JsonObject item, string key, string field) => KeyOrNull(item, key) ?? throw MissingKey(key, field);

    private static JsonNode? KeyOrNull(JsonNode? item, string key) => item is JsonObject fields && fields.TryGetPropertyValue(key, out var value) ? value : null;

    private static JsonArray AsArray(string name, JsonNode? value) => value as JsonArray ?? throw WrongType(name, "array", value);

    private static string Text(List<JsonNode> keys) => "[" + string.Join(" ", keys) + "]";

    private static StatusException BadDirective(string directive) => PatchErrors.BadRequest($"unknown patch type found in the patch: {directive}");

    private static StatusException MissingKey(string key, string field) => PatchErrors.BadRequest($"map: {field} does not contain declared merge key: {key}");

    private static StatusException WrongType(string name, string expected, JsonNode? actual) =>
        PatchErrors.BadRequest($"unable to apply the patch: expected {expected} for field {name}, got {(actual switch { JsonObject => "map", JsonArray => "array", null => "null", _ => "a scalar" })}");
}
