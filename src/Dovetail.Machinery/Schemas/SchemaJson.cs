using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Keywords of one schema object, each ill-typed one reported by its path.</summary>
internal readonly struct SchemaJson(JsonObject json, string path, List<StatusCause> problems)
{
    public SchemaType Type()
    {
        var name = Text("type");
        switch (name)
        {
            case "": return SchemaType.Any;
            case "object": return SchemaType.Object;
            case "array": return SchemaType.Array;
            case "string": return SchemaType.String;
            case "integer": return SchemaType.Integer;
            case "number": return SchemaType.Number;
            case "boolean": return SchemaType.Boolean;
            default:
                problems.Add(FieldErrors.NotSupported($"{path}.type", name, ["array", "boolean", "integer", "number", "object", "string"]));
                return SchemaType.Any;
        }
    }

    public string Text(string keyword)
    {
        if (json[keyword] is not { } node)
            return "";
        return node is JsonValue value && value.TryGetValue(out string? text) ? text : Ill(keyword, node, "a string", "");
    }

    public bool Flag(string keyword)
    {
        if (json[keyword] is not { } node)
            return false;
        return node is JsonValue value && value.TryGetValue(out bool flag) ? flag : Ill(keyword, node, "a boolean", false);
    }

    public double? Number(string keyword)
    {
        if (json[keyword] is not { } node)
            return null;
        return node is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.Number ? JsonNumber.Of(value).Value : Ill<double?>(keyword, node, "a number", null);
    }

    public IEnumerable<JsonNode> Nodes(string keyword)
    {
        if (json[keyword] is not { } node)
            return [];
        return node is JsonArray array ? array.OfType<JsonNode>() : Ill<IEnumerable<JsonNode>>(keyword, node, "an array", []);
    }

    public List<string> Texts(string keyword)
    {
        var texts = new List<string>();
        foreach (var node in Nodes(keyword))
        {
            if (node is JsonValue value && value.TryGetValue(out string? text))
                texts.Add(text);
            else
                Ill(keyword, node, "an array of strings", false);
        }
        return texts;
    }

    public T Choice<T>(string keyword)
        where T : struct, Enum
    {
        var text = Text(keyword);
        if (text.Length == 0)
            return default;
        foreach (var value in Enum.GetValues<T>())
        {
            if (!value.Equals(default(T)) && string.Equals(text, value.ToString().ToLowerInvariant(), StringComparison.Ordinal))
                return value;
        }
        problems.Add(FieldErrors.NotSupported($"{path}.{keyword}", text, Enum.GetValues<T>().Where(static v => !v.Equals(default(T))).Select(static v => v.ToString().ToLowerInvariant())));
        return default;
    }

    private T Ill<T>(string keyword, JsonNode node, string wanted, T fallback)
    {
        problems.Add(FieldErrors.TypeInvalid($"{path}.{keyword}", node.DeepClone(), $"must be {wanted}"));
        return fallback;
    }
}
