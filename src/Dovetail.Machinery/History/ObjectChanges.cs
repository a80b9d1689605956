using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.History;

/// <summary>One field that differs between two states of an object; null: it is not there.</summary>
public sealed record FieldChange(FieldPath Path, JsonNode? Old, JsonNode? New);

/// <summary>The difference between two states of an object, field by field. What the server counts up by itself (resourceVersion, generation, managedFields) is none.</summary>
public static class ObjectChanges
{
    /// <summary>By what the items of a list are told apart, when every item of both lists has it and no two share it.</summary>
    private static readonly string[] ItemKeys = ["name", "type", "uid", "containerPort", "port", "key", "ip", "mountPath"];

    public static ImmutableArray<FieldChange> Between(JsonObject? old, JsonObject? now)
    {
        var changes = ImmutableArray.CreateBuilder<FieldChange>();
        Compare(FieldPath.Root, old, now, changes);
        return changes.DrainToImmutable();
    }

    private static void Compare(FieldPath path, JsonNode? old, JsonNode? now, ImmutableArray<FieldChange>.Builder changes)
    {
        if (IsCounter(path) || JsonNode.DeepEquals(old, now) || (IsNothing(old) && IsNothing(now))) return;
        switch (old, now)
        {
            case (JsonObject before, JsonObject after):
                CompareFields(path, before, after, changes);
                break;
            case (null, JsonObject { Count: > 0 } after):
                CompareFields(path, [], after, changes);
                break;
            case (JsonObject { Count: > 0 } before, null):
                CompareFields(path, before, [], changes);
                break;
            case (JsonArray before, JsonArray after) when KeyOf(before, after) is { } key:
                CompareItems(path, key, before, after, changes);
                break;
            case (JsonArray before, JsonArray after) when before.Count == after.Count:
                for (var i = 0; i < before.Count; i++) Compare(path.Then(new PathStep.At(i)), before[i], after[i], changes);
                break;
            default:
                changes.Add(new(path, old, now));
                break;
        }
    }

    private static void CompareFields(FieldPath path, JsonObject old, JsonObject now, ImmutableArray<FieldChange>.Builder changes)
    {
        foreach (var name in old.Select(p => p.Key).Union(now.Select(p => p.Key)).Order(StringComparer.Ordinal))
            Compare(path.Then(new PathStep.Field(name)), old[name], now[name], changes);
    }

    private static void CompareItems(FieldPath path, string key, JsonArray old, JsonArray now, ImmutableArray<FieldChange>.Builder changes)
    {
        var before = old.ToDictionary(item => Key(item, key)!, StringComparer.Ordinal);
        var after = now.ToDictionary(item => Key(item, key)!, StringComparer.Ordinal);
        foreach (var value in before.Keys.Union(after.Keys))
            Compare(path.Then(new PathStep.Item(key, value)), before.GetValueOrDefault(value), after.GetValueOrDefault(value), changes);
    }

    private static string? KeyOf(JsonArray old, JsonArray now) => old.Count + now.Count == 0 ? null : Array.Find(ItemKeys, key => Tells(old, key) && Tells(now, key));

    private static bool Tells(JsonArray items, string key)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return items.All(item => Key(item, key) is { } value && seen.Add(value));
    }

    private static string? Key(JsonNode? item, string key) => item is JsonObject obj && obj[key] is JsonValue value ? value.ToString() : null;

    /// <summary>An empty object says as much as none.</summary>
    private static bool IsNothing(JsonNode? node) => node is null or JsonObject { Count: 0 };

    private static bool IsCounter(FieldPath path) => path.Steps is [PathStep.Field { Name: "metadata" }, PathStep.Field { Name: "resourceVersion" or "generation" or "managedFields" }];
}
