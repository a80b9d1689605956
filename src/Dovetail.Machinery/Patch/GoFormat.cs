using System.Text;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

/// <summary>JSON values as Go's <c>%v</c> shows the maps and slices that they are decoded into: <c>map[a:1 b:[x y] c:&lt;nil&gt;]</c>, keys sorted. Upstream's messages quote patches so.</summary>
public static class GoFormat
{
    public static string Value(JsonNode? value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    /// <summary>As Go's <c>%#v</c> shows them: <c>map[string]interface {}{"a":1, "b":[]interface {}{true}}</c>.</summary>
    public static string Syntax(JsonNode? value) => value switch
    {
        null => "interface {}(nil)",
        JsonObject fields => "map[string]interface {}{" + string.Join(", ", fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{Schemas.FieldErrors.Quote(field.Key)}:{Syntax(field.Value)}")) + "}",
        JsonArray items => "[]interface {}{" + string.Join(", ", items.Select(Syntax)) + "}",
        JsonValue text when text.TryGetValue(out string? plain) => Schemas.FieldErrors.Quote(plain),
        _ => value.ToJsonString(),
    };

    private static void Write(StringBuilder text, JsonNode? value)
    {
        switch (value)
        {
            case null:
                text.Append("<nil>");
                break;
            case JsonObject fields:
                text.Append("map[");
                var first = true;
                foreach (var (name, field) in fields.OrderBy(field => field.Key, StringComparer.Ordinal))
                {
                    text.Append(first ? "" : " ").Append(name).Append(':');
                    Write(text, field);
                    first = false;
                }

                text.Append(']');
                break;
            case JsonArray items:
                text.Append('[');
                for (var i = 0; i < items.Count; i++)
                {
                    if (i > 0) text.Append(' ');
                    Write(text, items[i]);
                }

                text.Append(']');
                break;
            case JsonValue scalar when scalar.TryGetValue(out string? plain):
                text.Append(plain);
                break;
            default:
                text.Append(value.ToJsonString());
                break;
        }
    }
}
