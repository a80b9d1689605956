using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>structured-merge-diff's order of path elements, in which FieldsV1 and conflicts list them: fields by name, then items by their keys, then values, then indexes; numbers by size.</summary>
internal sealed class PathElementOrder : IComparer<string>
{
    public static PathElementOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (x!, y!);
        var byKind = Rank(a[0]).CompareTo(Rank(b[0]));
        if (byKind != 0 || a == b) return byKind;
        return a[0] switch
        {
            'k' => Keys((JsonObject)PathElement.Content(a)!, (JsonObject)PathElement.Content(b)!),
            'v' => Values(PathElement.Content(a), PathElement.Content(b)),
            'i' => long.Parse(a.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture).CompareTo(long.Parse(b.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture)),
            _ => string.CompareOrdinal(a, b),
        };
    }

    private static int Rank(char kind) => kind switch { 'f' => 0, 'k' => 1, 'v' => 2, _ => 3 };

    private static int Keys(JsonObject a, JsonObject b)
    {
        for (var i = 0; i < a.Count && i < b.Count; i++)
        {
            var (left, right) = (a.GetAt(i), b.GetAt(i));
            var byName = string.CompareOrdinal(left.Key, right.Key);
            if (byName != 0) return byName;
            var byValue = Values(left.Value, right.Value);
            if (byValue != 0) return byValue;
        }

        return a.Count.CompareTo(b.Count);
    }

    /// <summary>Numbers before texts before booleans.</summary>
    private static int Values(JsonNode? a, JsonNode? b)
    {
        var (left, right) = (Kind(a), Kind(b));
        if (left != right) return left.CompareTo(right);
        return left switch
        {
            0 => JsonNumber.Of(a!.AsValue()).Value.CompareTo(JsonNumber.Of(b!.AsValue()).Value),
            1 => string.CompareOrdinal(a!.GetValue<string>(), b!.GetValue<string>()),
            2 => a!.GetValue<bool>().CompareTo(b!.GetValue<bool>()),
            _ => 0,
        };
    }

    private static int Kind(JsonNode? value) => (value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        JsonValueKind.Number => 0,
        JsonValueKind.String => 1,
        JsonValueKind.True or JsonValueKind.False => 2,
        _ => 3,
    };
}
