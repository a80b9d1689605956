using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>What server-side apply does to objects under a schema: name their fields, merge two of them, remove fields from one.</summary>
internal static class TypedObject
{
    /// <summary>The fields that an object speaks of.</summary>
    public static FieldSet ToFieldSet(Schema root, JsonObject obj)
    {
        var walk = new FieldSetWalk();
        walk.Map(root, obj);
        return walk.Set.Build();
    }

    /// <summary><paramref name="left"/> with everything that <paramref name="right"/> has laid over it. New nodes where they differ in content; inputs stay as they are.</summary>
    public static JsonNode? Merge(Schema? schema, JsonNode? left, JsonNode? right)
    {
        if (right is null) return KeepsUnderNull(schema, left) ? left!.DeepClone() : null;
        var shape = TypedShapes.OfBoth(schema, left, right);
        if (left is null || shape == TypedShape.Leaf) return right.DeepClone();
        return shape == TypedShape.Map
            ? MergeMaps(schema, (JsonObject)left, (JsonObject)right)
            : MergeLists(shape, schema!, (JsonArray)left, (JsonArray)right);
    }

    /// <summary>An applied null is an empty map or list, which takes nothing away from one whose parts are owned one by one.</summary>
    private static bool KeepsUnderNull(Schema? schema, JsonNode? left) => left switch
    {
        JsonObject { Count: > 0 } => TypedShapes.Of(schema, left) == TypedShape.Map,
        JsonArray { Count: > 0 } => schema is { Type: SchemaType.Array } && TypedShapes.Of(schema, left) != TypedShape.Leaf,
        _ => false,
    };

    /// <summary>A copy without the fields of <paramref name="doomed"/>; a container that this empties stays, empty.</summary>
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
                    if (!doomed.TryChild(PathElement.Field(name), out var below)) fields[name] = field?.DeepClone();
                    else if (!below.IsMember) fields[name] = Remove(schema?.Field(name), field, below);
                }

                return fields;
            case TypedShape.Set or TypedShape.MapList:
                var items = new JsonArray();
                foreach (var item in (JsonArray)value!)
                {
                    if (TypedShapes.Element(shape, schema!, item) is not { } element || !doomed.TryChild(element, out var below)) items.Add(item?.DeepClone());
                    else if (!below.IsMember) items.Add(Remove(schema!.Items, item, below));
                }

                return items;
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

    /// <summary>Items of both sides merge and stand in the right side's order; items of the left side alone keep their place between them. Items that the left side has twice are not merged but replaced.</summary>
    private static JsonArray MergeLists(TypedShape shape, Schema schema, JsonArray left, JsonArray right)
    {
        var leftElements = left.Select(item => TypedShapes.Element(shape, schema, item) ?? "").ToList();
        var rightElements = right.Select(item => TypedShapes.Element(shape, schema, item) ?? "").ToList();
        var wanted = rightElements.ToHashSet(StringComparer.Ordinal);
        var before = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        for (var i = 0; i < left.Count; i++)
            if (!before.TryAdd(leftElements[i], left[i])) before[leftElements[i]] = null;
        var shared = new Queue<string>(rightElements.Where(before.ContainsKey));
        var next = shared.TryDequeue(out var first) ? first : null;
        var emitted = new HashSet<string>(StringComparer.Ordinal);
        var merged = new JsonArray();
        int l = 0, r = 0;
        while (l < left.Count || r < right.Count)
        {
            var both = l < left.Count && r < right.Count;
            if (both && leftElements[l] != rightElements[r] && wanted.Contains(leftElements[l]) && next is not null && next != leftElements[l])
            {
                l++; // shared, but not its turn
                continue;
            }

            if (l < left.Count && !(both && leftElements[l] == rightElements[r]))
            {
                if (!wanted.Contains(leftElements[l]))
                {
                    merged.Add(left[l++]?.DeepClone());
                    continue;
                }

                if (emitted.Contains(leftElements[l])) l++;
                if (r == right.Count) continue;
            }
            else if (both)
            {
                l++;
            }

            var element = rightElements[r];
            merged.Add(before.TryGetValue(element, out var old) && old is not null ? Merge(schema.Items, old, right[r]) : right[r]?.DeepClone());
            emitted.Add(element);
            r++;
            if (next == element) next = shared.TryDequeue(out var following) ? following : null;
        }

        return merged;
    }

    private sealed class FieldSetWalk
    {
        private readonly List<string> path = [];

        public FieldSetBuilder Set { get; } = new();

        public void Map(Schema? schema, JsonObject fields)
        {
            foreach (var (name, value) in fields)
            {
                path.Add(PathElement.Field(name));
                Value(schema?.Field(name), value);
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

        /// <summary>Items that share a key are one field, whatever is in them.</summary>
        private void Items(TypedShape shape, Schema schema, JsonArray list)
        {
            HashSet<string>? seen = null, doubled = null;
            foreach (var item in list)
                if (TypedShapes.Element(shape, schema, item) is { } element && !(seen ??= new(StringComparer.Ordinal)).Add(element)) (doubled ??= new(StringComparer.Ordinal)).Add(element);
            foreach (var item in list)
            {
                if (TypedShapes.Element(shape, schema, item) is not { } element) continue;
                path.Add(element);
                if (doubled?.Contains(element) != true) Value(schema.Items, item);
                Set.Insert(path);
                path.RemoveAt(path.Count - 1);
            }
        }
    }
}
