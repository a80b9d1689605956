using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry;

/// <summary>A decoded body: the tree, and the paths of fields that were given twice (the last one counts, as in Go's decoder).</summary>
public sealed record DecodedJson(JsonNode? Root, IReadOnlyList<string> Duplicates);

/// <summary>Reads JSON into a tree of its own, eagerly: nothing of the request's buffer is kept, and the depth is bounded.</summary>
/// <remarks>Numbers keep their text (<see cref="JsonElement"/>), so that what is stored is what was sent.</remarks>
public static class JsonDecoder
{
    /// <summary>Deepest nesting that is read; Kubernetes' own kinds stay below 30.</summary>
    public const int MaxDepth = 128;

    private static readonly IReadOnlyList<string> None = [];

    /// <exception cref="JsonException">The bytes are no JSON, nest too deeply, or go on after the value.</exception>
    public static DecodedJson Decode(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Disallow });
        if (!reader.Read()) throw new JsonException("unexpected end of JSON input");
        List<string>? duplicates = null;
        var root = Value(ref reader, "", ref duplicates);
        if (reader.Read()) throw new JsonException("invalid character after top-level value");
        return new(root, duplicates ?? None);
    }

    /// <summary>An object of ours: canonical, without duplicates.</summary>
    public static JsonObject DecodeStored(ReadOnlySpan<byte> json) => (JsonObject)Decode(json).Root!;

    private static JsonNode? Value(ref Utf8JsonReader reader, string path, ref List<string>? duplicates)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Object(ref reader, path, ref duplicates);
            case JsonTokenType.StartArray:
                var array = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    array.Add(Value(ref reader, reader.TokenType == JsonTokenType.StartObject ? $"{path}[{array.Count}]" : path, ref duplicates));
                }

                return array;
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString());
            case JsonTokenType.True:
                return JsonValue.Create(true);
            case JsonTokenType.False:
                return JsonValue.Create(false);
            case JsonTokenType.Number:
                return JsonValue.Create(JsonElement.ParseValue(ref reader));
            default:
                return null;
        }
    }

    private static JsonObject Object(ref Utf8JsonReader reader, string path, ref List<string>? duplicates)
    {
        var result = new JsonObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            // Paths are only built where an object is nested; leaves are joined when they turn out to be a duplicate.
            var childPath = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? Join(path, name) : path;
            var value = Value(ref reader, childPath, ref duplicates);
            if (!result.TryAdd(name, value))
            {
                (duplicates ??= []).Add(Join(path, name));
                result[name] = value;
            }
        }

        return result;
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
