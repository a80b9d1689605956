using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>What server-side apply does to objects under a schema: name their fields, merge two of them, remove fields from one.</summary>
internal static class TypedObject
{
    /// <summary>The fields that an applied configuration speaks of. Problems (unknown fields, list items without their keys, doubled items) are added to <paramref name="problems"/> as
    /// <c>.path: message</c> when it is given; an object that is stored already may have them.</summary>
    public static FieldSet ToFieldSet(Schema root, JsonObject obj, List<string>? problems = null)
    {
        var walk = new FieldSetWalk(problems);
        walk.Map(root, obj);
        return walk.Set.Build();
    }

    /// <summary><paramref name="left"/> with everything that <paramref name="right"/> has laid over it. New nodes where they differ in content; inputs stay as they are.</summary>
    public static JsonNode? Merge(Schema? schema, JsonNode? left, JsonNode? right)
    {
        var shape = TypedShapes.OfBoth(schema, left, right);
        if (left is null || right is null || shape == TypedShape.Leaf) return right?.DeepClone();
        return shape == TypedShape.Map
            ? MergeMaps(schema, (JsonObject)left, (JsonObject)right)
            : MergeLists(shape, schema!, (JsonArray)left, (JsonArray)right);
    }

    /// <summary>A copy without the fields of <paramref name="doomed"/>; a container that this empties goes too. Null when nothing is left.</summary>
    public static JsonNode? Remove(Schema? schema, JsonNode? value, FieldSet doomed)
    {
        if (doomed.IsEmpty) return value?.DeepClone();
        var shape = TypedShapes.Of(schema, value);
        switch (shape)
        {
            case TypedShape.Map:
                var fields = new JsonObject();
                foreach (var (name, field) in (JsonObject)value!)
                {
                    if (!doomed.TryChild(PathElement.Field(name), out var below))
                    {
                        fields[name] = field?.DeepClone();
                        continue;
                    }

                    if (below.IsMember) continue;
                    var rest = Remove(schema?.Field(name), field, below);
                    if (rest is not null || field is null) fields[name] = rest;
                }

                return fields.Count > 0 || ((JsonObject)value).Count == 0 ? fields : null;
            case TypedShape.Set or TypedShape.MapList:
                var items = new JsonArray();
                foreach (var item in (JsonArray)value!)
                {
                    if (TypedShapes.Element(shape, schema!, item) is not { } element || !doomed.TryChild(element, out var below))
                    {
                        items.Add(item?.DeepClone());
                        continue;
                    }

                    if (below.IsMember) continue;
                    if (Remove(schema!.Items, item, below) is { } rest) items.Add(rest);
                }

                return items.Count > 0 || ((JsonArray)value).Count == 0 ? items : null;
            default:
                return value?.DeepClone();
        }
    }

    /// <summary>The set with every named field on the way to a member made a member: <c>spec</c> for <c>spec.replicas</c>, but not the key of a map.</summary>
    public static FieldSet WithNamedFields(Schema? schema, FieldSet set)
    {
        if (!set.Children.Any()) return set;
        var children = new Dictionary<string, FieldSet>(StringComparer.Ordinal);
        foreach (var (element, child) in set.Children)
        {
            var isField = element[0] == 'f';
            var name = isField ? element[2..] : "";
            var below = WithNamedFields(isField ? schema?.Field(name) : schema?.Items, child);
            var member = below.IsMember || (isField && TypedShapes.IsNamed(schema, name));
            children[element] = member == below.IsMember ? below : FieldSet.Node(member, below.Children.ToDictionary(StringComparer.Ordinal));
        }

        return FieldSet.Node(set.IsMember, children);
    }

    private static JsonObject MergeMaps(Schema? schema, JsonObject left, JsonObject right)
    {
        var merged = new JsonObject();
        foreach (var (name, value) in left)
            merged[name] = right.TryGetPropertyValue(name, out var over) ? Merge(schema?.Field(name), value, over) : value?.DeepClone();
        foreach (var (name, value) in right)
            if (!left.ContainsKey(name)) merged[name] = value?.DeepClone();
        return merged;
    }

    /// <summary>Items of both sides merge and stand in the right side's order; items of the left side alone keep their place between them.</summary>
    private static JsonArray MergeLists(TypedShape shape, Schema schema, JsonArray left, JsonArray right)
    {
        var leftElements = left.Select(item => TypedShapes.Element(shape, schema, item) ?? "").ToList();
        var rightElements = right.Select(item => TypedShapes.Element(shape, schema, item) ?? "").ToList();
        var wanted = rightElements.ToHashSet(StringComparer.Ordinal);
        var emitted = new HashSet<string>(StringComparer.Ordinal);
        var merged = new JsonArray();
        int l = 0, r = 0;
        while (l < left.Count || r < right.Count)
        {
            if (l < left.Count && !wanted.Contains(leftElements[l])) merged.Add(left[l++]?.DeepClone());
            else if (l < left.Count && emitted.Contains(leftElements[l])) l++;
            else
            {
                var element = rightElements[r];
                var at = leftElements.IndexOf(element);
                merged.Add(at >= 0 ? Merge(schema.Items, left[at], right[r]) : right[r]?.DeepClone());
                emitted.Add(element);
                r++;
            }
        }

        return merged;
    }

    private sealed class FieldSetWalk(List<string>? problems)
    {
        private readonly List<string> path = [];

        public FieldSetBuilder Set { get; } = new();

        public void Map(Schema? schema, JsonObject fields)
        {
            foreach (var (name, value) in fields)
            {
                path.Add(PathElement.Field(name));
                var field = schema?.Field(name);
                if (field is null && schema is { Type: SchemaType.Object, PreserveUnknownFields: false, AdditionalProperties: null, Properties.Count: > 0 })
                    problems?.Add(PathElement.Display(path) + ": field not declared in schema");
                Value(field, value);
                if (value is null or JsonObject { Count: 0 } || !TypedShapes.IsNamed(schema, name)) Set.Insert(path);
                path.RemoveAt(path.Count - 1);
            }
        }

        private void Value(Schema? schema, JsonNode? value)
        {
            var shape = TypedShapes.Of(schema, value);
            switch (shape)
            {
                case TypedShape.Leaf:
                    CheckType(schema, value);
                    Set.Insert(path);
                    break;
                case TypedShape.Map:
                    Map(schema, (JsonObject)value!);
                    break;
                default:
                    Items(shape, schema!, (JsonArray)value!);
                    break;
            }
        }

        private void Items(TypedShape shape, Schema schema, JsonArray list)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < list.Count; i++)
            {
                if (TypedShapes.Element(shape, schema, list[i]) is not { } element)
                {
                    problems?.Add($"{PathElement.Display(path)}: element {i}: associative list with keys has an element that omits key field {MissingKey(schema, list[i])} (and doesn't have default value)");
                    continue;
                }

                path.Add(element);
                if (!seen.Add(element)) problems?.Add($"{PathElement.Display(path.Take(path.Count - 1))}: duplicate entries for key {PathElement.Display([element])}");
                Value(schema.Items, list[i]);
                Set.Insert(path);
                path.RemoveAt(path.Count - 1);
            }
        }

        private void CheckType(Schema? schema, JsonNode? value)
        {
            if (problems is null || schema is null || value is null) return;
            var expected = (schema.Type, value) switch
            {
                (SchemaType.Array, not JsonArray) => "list",
                (SchemaType.Object, not JsonObject) => "map",
                (SchemaType.String or SchemaType.Integer or SchemaType.Number or SchemaType.Boolean, not JsonValue) => "scalar",
                _ => null,
            };
            if (expected is not null) problems.Add($"{PathElement.Display(path)}: expected {expected}, got {value.ToJsonString()}");
        }

        private static string MissingKey(Schema list, JsonNode? item) =>
            "\"" + list.ListMapKeys.FirstOrDefault(key => item is not JsonObject fields || fields[key] is null) + "\"";
    }
}
