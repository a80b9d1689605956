using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Schemas;

/// <summary>A JSON number, whatever a node keeps it as: the reader makes Int64 and Double, code that edits objects makes Int32 too, parsed text stays an element.</summary>
internal readonly record struct JsonNumber(double Value, bool IsInteger)
{
    public static JsonNumber Of(JsonValue value)
    {
        if (value.TryGetValue(out long integer))
            return new(integer, true);
        if (value.TryGetValue(out int small))
            return new(small, true);
        if (value.TryGetValue(out double number))
            return Of(number);
        if (value.TryGetValue(out JsonElement element))
            return element.TryGetInt64(out integer) ? new(integer, true) : Of(element.GetDouble());
        return Of(double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Whether it was written as an integer: 2, not 2.0.</summary>
    public static bool IsWhole(JsonValue value) => value.TryGetValue(out long _) || value.TryGetValue(out int _);

    private static JsonNumber Of(double number) => new(number, Math.Floor(number) == number && Math.Abs(number) <= 1L << 53);
}
