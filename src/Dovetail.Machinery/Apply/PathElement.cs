using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>One step of a field path in FieldsV1's own spelling, which is kept canonical so that equal steps are equal strings:
/// <c>f:name</c> a field, <c>k:{"name":"a","port":1}</c> the item of a map list by its keys in order, <c>v:"x"</c> the item of a set by its value, <c>i:0</c> an index.</summary>
internal static class PathElement
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = JsonObjectReader.StoredDepth };

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = JsonObjectReader.StoredDepth };

    public static string Field(string name) => "f:" + name;

    public static string Value(JsonNode? item) => "v:" + Json(item);

    /// <summary>The step to an item of a map list, of those keys that it has or that have a default; null when there is none.</summary>
    public static string? Key(JsonObject item, Schema list)
    {
        var text = new StringBuilder("k:{");
        foreach (var key in list.ListMapKeys.Order(StringComparer.Ordinal))
        {
            if (!item.TryGetPropertyValue(key, out var value) || value is null) value = list.Items?.Field(key)?.Default;
            if (value is null) continue;
            if (text.Length > 3) text.Append(',');
            text.Append(Json(JsonValue.Create(key))).Append(':').Append(Json(value));
        }

        return text.Length == 3 ? null : text.Append('}').ToString();
    }

    /// <summary>What a canonical step of kind k or v says after its kind: the keys, or the value.</summary>
    public static JsonNode? Content(string element) => JsonNode.Parse(element[2..], documentOptions: Deep);

    /// <summary>The canonical spelling of a step as a client may have written it.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static string Canonical(string element)
    {
        if (element.Length < 2 || element[1] != ':') throw new FormatException($"fieldsV1: {element} is not a path element");
        switch (element[0])
        {
            case 'f' or 'i':
                return element;
            case 'v':
                return Value(Parse(element));
            case 'k':
                if (Parse(element) is not JsonObject keys) throw new FormatException($"fieldsV1: {element} is not a path element");
                var text = new StringBuilder("k:{");
                foreach (var (key, value) in keys.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    text.Append(text.Length > 3 ? "," : "").Append(Json(JsonValue.Create(key))).Append(':').Append(Json(value));
                return text.Append('}').ToString();
            default:
                throw new FormatException($"fieldsV1: {element} is not a path element");
        }
    }

    /// <summary>A path as conflict messages show it: <c>.spec.containers[name="a"].image</c>.</summary>
    public static string Display(IEnumerable<string> path)
    {
        var text = new StringBuilder();
        foreach (var element in path)
        {
            var rest = element[2..];
            switch (element[0])
            {
                case 'f':
                    text.Append('.').Append(rest);
                    break;
                case 'v':
                    text.Append("[=").Append(rest).Append(']');
                    break;
                case 'i':
                    text.Append('[').Append(rest).Append(']');
                    break;
                default:
                    var keys = (JsonObject)Content(element)!;
                    text.Append('[').AppendJoin(',', keys.Select(pair => pair.Key + "=" + Json(pair.Value))).Append(']');
                    break;
            }
        }

        return text.ToString();
    }

    private static string Json(JsonNode? value) => value is null ? "null" : value.ToJsonString(Relaxed);

    private static JsonNode? Parse(string element)
    {
        try
        {
            return JsonObjectReader.Read(Encoding.UTF8.GetBytes(element[2..])).Root;
        }
        catch (JsonException e)
        {
            throw new FormatException($"fieldsV1: {element} is not a path element", e);
        }
    }
}
