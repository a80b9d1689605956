using System.Collections.Immutable;
using System.Text.Json;

namespace Dovetail.Machinery.JsonPath;

/// <summary>One step of a compiled path: from a value to the values that it selects.</summary>
internal abstract record JsonPathStep
{
    private JsonPathStep()
    {
    }

    public abstract void Select(JsonElement from, List<JsonElement> results);

    public sealed record Field(string Name) : JsonPathStep
    {
        public override void Select(JsonElement from, List<JsonElement> results)
        {
            if (from.ValueKind == JsonValueKind.Object && from.TryGetProperty(Name, out var value)) results.Add(value);
        }
    }

    /// <summary><c>.*</c> and <c>[*]</c>.</summary>
    public sealed record Wildcard : JsonPathStep
    {
        public override void Select(JsonElement from, List<JsonElement> results)
        {
            if (from.ValueKind == JsonValueKind.Array) results.AddRange(from.EnumerateArray());
            else if (from.ValueKind == JsonValueKind.Object)
                foreach (var property in from.EnumerateObject()) results.Add(property.Value);
        }
    }

    /// <summary><c>[from:to:step]</c>; negative bounds count from the end.</summary>
    public sealed record Slice(int? From, int? To, int Step) : JsonPathStep
    {
        public override void Select(JsonElement from, List<JsonElement> results)
        {
            if (from.ValueKind != JsonValueKind.Array) return;
            var length = from.GetArrayLength();
            var start = Bound(From ?? 0, length);
            var end = Bound(To ?? length, length);
            for (var i = start; i < end; i += Step) results.Add(from[i]);
        }

        private static int Bound(int index, int length) => Math.Clamp(index < 0 ? index + length : index, 0, length);
    }

    public sealed record Index(int At) : JsonPathStep
    {
        public override void Select(JsonElement from, List<JsonElement> results)
        {
            if (from.ValueKind != JsonValueKind.Array) return;
            var length = from.GetArrayLength();
            var at = At < 0 ? At + length : At;
            if (at >= 0 && at < length) results.Add(from[at]);
        }
    }

    /// <summary><c>[0,2]</c> and <c>['a','b']</c>.</summary>
    public sealed record Union(ImmutableArray<JsonPathStep> Steps) : JsonPathStep
    {
        public override void Select(JsonElement from, List<JsonElement> results)
        {
            foreach (var step in Steps) step.Select(from, results);
        }
    }

    /// <summary><c>..</c>: the value itself and everything below it; the next step picks from them.</summary>
    public sealed record Recursive : JsonPathStep
    {
        public override void Select(JsonElement from, List<JsonElement> results)
        {
            results.Add(from);
            if (from.ValueKind == JsonValueKind.Array)
                foreach (var item in from.EnumerateArray()) Select(item, results);
            else if (from.ValueKind == JsonValueKind.Object)
                foreach (var property in from.EnumerateObject()) Select(property.Value, results);
        }
    }

    /// <summary><c>[?(left op right)]</c>; without an operator, whether <paramref name="Left"/> finds anything.</summary>
    public sealed record Filter(JsonPathOperand Left, string Operator, JsonPathOperand? Right) : JsonPathStep
    {
        public override void Select(JsonElement from, List<JsonElement> results)
        {
            if (from.ValueKind != JsonValueKind.Array) return;
            foreach (var item in from.EnumerateArray())
                if (Holds(item)) results.Add(item);
        }

        private bool Holds(JsonElement item)
        {
            var left = Left.Evaluate(item);
            if (Right is null) return left is not null;
            var right = Right.Evaluate(item);
            if (left is null || right is null) return false;
            var order = left is double x && right is double y ? x.CompareTo(y)
                : left is string a && right is string b ? string.CompareOrdinal(a, b)
                : left.Equals(right) ? 0 : (int?)null;
            return Operator switch
            {
                "==" => order == 0,
                "!=" => order != 0,
                "<" => order < 0,
                "<=" => order <= 0,
                ">" => order > 0,
                _ => order >= 0,
            };
        }
    }
}

/// <summary>A side of a filter: a path from the item (<c>@.type</c>) or a literal.</summary>
internal sealed record JsonPathOperand(ImmutableArray<JsonPathStep> Path, object? Literal)
{
    public object? Evaluate(JsonElement item)
    {
        if (Literal is not null) return Literal;
        var found = JsonPathExpression.Select(item, Path);
        if (found.Count == 0) return null;
        return found[0].ValueKind switch
        {
            JsonValueKind.String => found[0].GetString(),
            JsonValueKind.Number => found[0].GetDouble(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null => null,
            _ => found[0].GetRawText(),
        };
    }
}
