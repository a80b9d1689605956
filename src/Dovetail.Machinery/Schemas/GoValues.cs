using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Schemas;

/// <summary>JSON values as Go's decoder keeps them: a number written as an integer is an int64, any other a float64, and the two are never equal.</summary>
internal static class GoValues
{
    private const double MaxInteger = (1L << 53) - 1;

    /// <summary><c>reflect.DeepEqual</c>.</summary>
    public static bool Equal(JsonNode? a, JsonNode? b)
    {
        switch (a, b)
        {
            case (null, null):
                return true;
            case (null, _) or (_, null):
                return false;
            case (JsonObject left, JsonObject right):
                return left.Count == right.Count && left.All(field => right.TryGetPropertyValue(field.Key, out var other) && Equal(field.Value, other));
            case (JsonArray left, JsonArray right):
                return left.Count == right.Count && left.Zip(right).All(static pair => Equal(pair.First, pair.Second));
            case (JsonValue left, JsonValue right):
                var kind = left.GetValueKind();
                return kind == right.GetValueKind() && kind switch
                {
                    JsonValueKind.Number => JsonNumber.IsWhole(left) == JsonNumber.IsWhole(right) && JsonNumber.Of(left).Value.Equals(JsonNumber.Of(right).Value),
                    JsonValueKind.String => left.GetValue<string>() == right.GetValue<string>(),
                    _ => true,
                };
            default:
                return false;
        }
    }

    /// <summary>A copy with the keys of all objects in order, as Go writes maps.</summary>
    public static JsonNode? Sorted(JsonNode? value) => value switch
    {
        JsonObject obj => new JsonObject(obj.OrderBy(static f => f.Key, StringComparer.Ordinal).Select(static f => KeyValuePair.Create(f.Key, Sorted(f.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Sorted)]),
        _ => value?.DeepClone(),
    };

    /// <summary>Whether a value is one that an enum allows. Upstream converts it to the type of the allowed value first, as Go does: 2.5 is 2, and 97 is "a".</summary>
    public static bool IsAllowed(JsonNode? value, JsonNode? allowed)
    {
        if (value is null || allowed is null)
            return false;
        if (value.GetValueKind() != JsonValueKind.Number || allowed is not JsonValue scalar)
            return Equal(value, allowed);
        var number = value.AsValue();
        return scalar.GetValueKind() switch
        {
            JsonValueKind.Number when JsonNumber.IsWhole(scalar) => Math.Truncate(JsonNumber.Of(number).Value).Equals(JsonNumber.Of(scalar).Value),
            JsonValueKind.Number => JsonNumber.Of(number).Value.Equals(JsonNumber.Of(scalar).Value),
            JsonValueKind.String when JsonNumber.IsWhole(number) => Character(JsonNumber.Of(number).Value) == scalar.GetValue<string>(),
            _ => false,
        };
    }

    /// <summary>Whether a float64 counts as an integer: within 2^53, with a tolerance of one part in a billion.</summary>
    public static bool IsInteger(double number)
    {
        if (!double.IsFinite(number) || Math.Abs(number) > MaxInteger)
            return false;
        var whole = Math.Truncate(number);
        if (whole.Equals(number))
            return true;
        return number > 0 && whole > 0 && (number - whole) / (number + whole) < 1e-9;
    }

    private static string Character(double code) =>
        code is >= 0 and <= 0x10FFFF && Rune.IsValid((int)code) ? new Rune((int)code).ToString() : Rune.ReplacementChar.ToString();
}
