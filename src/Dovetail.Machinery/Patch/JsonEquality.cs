using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

/// <summary>Equality of JSON values: objects without regard to order, numbers by value (1 and 1.0 are the same).</summary>
public static class JsonEquality
{
    public static bool Equal(JsonNode? a, JsonNode? b)
    {
        if (ReferenceEquals(a, b)) return true;
        switch (a, b)
        {
            case (null, _) or (_, null):
                return false;
            case (JsonObject x, JsonObject y):
                if (x.Count != y.Count) return false;
                foreach (var (name, value) in x)
                    if (!y.TryGetPropertyValue(name, out var other) || !Equal(value, other)) return false;
                return true;
            case (JsonArray x, JsonArray y):
                if (x.Count != y.Count) return false;
                for (var i = 0; i < x.Count; i++)
                    if (!Equal(x[i], y[i])) return false;
                return true;
            case (JsonValue x, JsonValue y):
                return EqualScalars(x, y);
            default:
                return false;
        }
    }

    private static bool EqualScalars(JsonValue x, JsonValue y)
    {
        var kind = x.GetValueKind();
        if (kind != y.GetValueKind()) return false;
        return kind switch
        {
            JsonValueKind.String => x.GetValue<string>() == y.GetValue<string>(),
            JsonValueKind.Number => EqualNumbers(x, y),
            _ => true, // true, false and null carry no more than their kind
        };
    }

    private static bool EqualNumbers(JsonValue x, JsonValue y)
    {
        string a = x.ToJsonString(), b = y.ToJsonString();
        if (a == b) return true;
        if (decimal.TryParse(a, NumberStyles.Float, CultureInfo.InvariantCulture, out var exactA)
            && decimal.TryParse(b, NumberStyles.Float, CultureInfo.InvariantCulture, out var exactB)) return exactA == exactB;
        return double.Parse(a, NumberStyles.Float, CultureInfo.InvariantCulture).Equals(double.Parse(b, NumberStyles.Float, CultureInfo.InvariantCulture));
    }
}
