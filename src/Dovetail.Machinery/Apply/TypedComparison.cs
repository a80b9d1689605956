using System.Text.Json.Nodes;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>Which fields a write added, modified and removed. Fields of a whole new subtree are all named, its containers too.</summary>
internal sealed record TypedComparison(FieldSet Added, FieldSet Modified, FieldSet Removed)
{
    public bool IsEmpty => Added.IsEmpty && Modified.IsEmpty && Removed.IsEmpty;

    /// <summary>Compares two objects; fields that nobody owns (<see cref="SystemFields"/>) are left out.</summary>
    public static TypedComparison Between(Schema root, JsonObject? before, JsonObject after)
    {
        var walk = new Walk();
        walk.Maps(root, before ?? [], after);
        return new TypedComparison(walk.Added.Build(), walk.Modified.Build(), walk.Removed.Build());
    }

    /// <summary>The same without some fields and all that is below them.</summary>
    public TypedComparison Without(FieldSet fields) =>
        fields.IsEmpty ? this : new(Added.DifferenceRecursive(fields), Modified.DifferenceRecursive(fields), Removed.DifferenceRecursive(fields));

    private sealed class Walk
    {
        private readonly List<string> path = [];

        public FieldSetBuilder Added { get; } = new();

        public FieldSetBuilder Modified { get; } = new();

        public FieldSetBuilder Removed { get; } = new();

        /// <summary>Either side is null when the map is absent there.</summary>
        public void Maps(Schema? schema, JsonObject? left, JsonObject? right)
        {
            if (left is not null)
                foreach (var (name, value) in left)
                {
                    if (SystemFields.Contains(path, name)) continue;
                    var field = schema?.Field(name);
                    JsonNode? other = null;
                    var present = right is not null && (right.TryGetPropertyValue(name, out other) || IsAlwaysThere(field, out other));
                    if (present && ReferenceEquals(value, other)) continue;
                    Step(PathElement.Field(name), field, value, true, other, present);
                }

            if (right is null) return;
            foreach (var (name, value) in right)
            {
                if (left?.ContainsKey(name) == true || SystemFields.Contains(path, name)) continue;
                var field = schema?.Field(name);
                JsonNode? other = null;
                var present = left is not null && IsAlwaysThere(field, out other);
                Step(PathElement.Field(name), field, other, present, value, true);
            }
        }

        /// <summary>What upstream's Go struct writes of a field even when nobody has set it; nobody comes to own that it is there.</summary>
        private static bool IsAlwaysThere(Schema? field, out JsonNode? zero)
        {
            zero = field?.Default;
            return field is { Typed: true } && (field.Zero == ZeroValue.Written || zero is JsonObject { Count: 0 });
        }

        private void Step(string element, Schema? schema, JsonNode? left, bool hasLeft, JsonNode? right, bool hasRight)
        {
            path.Add(element);
            Values(schema, left, hasLeft, right, hasRight);
            path.RemoveAt(path.Count - 1);
        }

        private void Values(Schema? schema, JsonNode? left, bool hasLeft, JsonNode? right, bool hasRight)
        {
            var shape = TypedShapes.OfBoth(schema, left, right);
            if (shape == TypedShape.Leaf && left is not null && right is not null && TypedShapes.Of(schema, left) != TypedShapes.Of(schema, right))
            {
                Unlike(schema, left, right);
                return;
            }

            // Two empty containers differ as leaves, which keeps null and {} apart.
            if (shape == TypedShape.Leaf || (IsEmptyContainer(left) && IsEmptyContainer(right)))
            {
                if (!hasLeft) Added.Insert(path);
                else if (!hasRight) Removed.Insert(path);
                else if (!JsonEquality.Equal(left, right)) Modified.Insert(path);
                return;
            }

            if (shape == TypedShape.Map) Maps(schema, left as JsonObject, right as JsonObject);
            else Lists(shape, schema!, left as JsonArray, right as JsonArray);
            if (path.Count == 1 && path[0] == "f:metadata") return;
            if (!hasLeft) Added.Insert(path);
            else if (!hasRight) Removed.Insert(path);
        }

        /// <summary>A value of any type that was a map and is a scalar or a list now, or the other way round: the map's fields come or go one by one.</summary>
        private void Unlike(Schema? schema, JsonNode left, JsonNode right)
        {
            var (before, after) = (left as JsonObject, right as JsonObject);
            if (before is { Count: > 0 }) Maps(schema, before, null);
            if (after is { Count: > 0 }) Maps(schema, null, after);
            if (before is not { Count: > 0 } || after is not { Count: > 0 }) Modified.Insert(path);
        }

        private void Lists(TypedShape shape, Schema schema, JsonArray? left, JsonArray? right)
        {
            var before = ByElement(shape, schema, left);
            var after = ByElement(shape, schema, right);
            foreach (var (element, items) in before) Items(element, schema.Items, items, after.GetValueOrDefault(element) ?? []);
            foreach (var (element, items) in after)
                if (!before.ContainsKey(element)) Items(element, schema.Items, [], items);
        }

        /// <summary>Items that share a key are compared as one value.</summary>
        private void Items(string element, Schema? schema, List<JsonNode?> left, List<JsonNode?> right)
        {
            if (left.Count <= 1 && right.Count <= 1)
            {
                Step(element, schema, left.Count == 1 ? left[0] : null, left.Count == 1, right.Count == 1 ? right[0] : null, right.Count == 1);
                return;
            }

            var doubledBefore = left.Count > 1;
            var doubledAfter = right.Count > 1;
            if (doubledBefore && right.Count == 1) Step(element, schema, null, false, right[0], true);
            if (doubledAfter && left.Count == 1) Step(element, schema, left[0], true, null, false);
            path.Add(element);
            if (!doubledAfter) Removed.Insert(path);
            else if (!doubledBefore) Added.Insert(path);
            else if (left.Count != right.Count || left.Zip(right).Any(pair => !JsonEquality.Equal(pair.First, pair.Second))) Modified.Insert(path);
            path.RemoveAt(path.Count - 1);
        }

        private static Dictionary<string, List<JsonNode?>> ByElement(TypedShape shape, Schema schema, JsonArray? list)
        {
            var byElement = new Dictionary<string, List<JsonNode?>>(StringComparer.Ordinal);
            if (list is null) return byElement;
            foreach (var item in list)
            {
                if (TypedShapes.Element(shape, schema, item) is not { } element) continue;
                if (byElement.TryGetValue(element, out var items)) items.Add(item);
                else byElement[element] = [item];
            }

            return byElement;
        }

        private static bool IsEmptyContainer(JsonNode? value) => value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };
    }
}
