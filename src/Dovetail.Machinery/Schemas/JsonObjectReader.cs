using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Schemas;

/// <summary>A request's JSON as a tree.</summary>
/// <param name="DuplicateFields">Paths of fields that occur more than once in their object; the last one counts.</param>
public sealed record ReadJson(JsonNode? Root, IReadOnlyList<string> DuplicateFields);

/// <summary>Reads JSON into nodes that are complete (not lazily backed by the text), and notices duplicate fields.
/// Numbers become Int64 where they are integers that fit, Double otherwise, as upstream's unstructured objects have them.</summary>
public static class JsonObjectReader
{
    /// <summary>Deeper objects are refused: the walks over them are recursive. managedFields name an object's fields from <see cref="OwnershipDepth"/> levels down, so they may nest as much deeper.</summary>
    public const int MaxDepth = 256;

    /// <summary>How many findings are named; a strict decoder of upstream's stops there too.</summary>
    public const int MaxFindings = 100;

    /// <summary>What reads objects that are stored, or their representations, must allow: an object in a list of partial objects or a table's rows.</summary>
    public const int StoredDepth = MaxDepth + OwnershipDepth + 8;

    /// <summary><c>metadata.managedFields[0].fieldsV1</c></summary>
    private const int OwnershipDepth = 4;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth + OwnershipDepth };

    /// <exception cref="JsonException">The text is not one JSON value, or is nested too deeply.</exception>
    public static ReadJson Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, Options);
        var path = new FieldPath();
        List<string>? duplicates = null;
        reader.Read();
        var root = Value(ref reader, path, ref duplicates);
        reader.Read(); // throws on anything but blanks after the value
        return new(root, duplicates ?? (IReadOnlyList<string>)[]);
    }

    private static JsonNode? Value(ref Utf8JsonReader reader, FieldPath path, ref List<string>? duplicates) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Object(ref reader, path, ref duplicates),
        JsonTokenType.StartArray => Array(ref reader, path, ref duplicates),
        JsonTokenType.String => JsonValue.Create(Text(ref reader)),
        JsonTokenType.Number => Number(ref reader),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        _ => null,
    };

    private static JsonObject Object(ref Utf8JsonReader reader, FieldPath path, ref List<string>? duplicates)
    {
        RequireShallow(ref reader, path);
        var obj = new JsonObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text(ref reader);
            reader.Read();
            path.Push(name);
            var value = Value(ref reader, path, ref duplicates);
            if (!obj.TryAdd(name, value))
            {
                if ((duplicates ??= []).Count < MaxFindings) duplicates.Add(path.ToString());
                obj[name] = value;
            }
            path.Pop();
        }
        return obj;
    }

    private static JsonArray Array(ref Utf8JsonReader reader, FieldPath path, ref List<string>? duplicates)
    {
        RequireShallow(ref reader, path);
        var array = new JsonArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            path.Push(array.Count);
            array.Add(Value(ref reader, path, ref duplicates));
            path.Pop();
        }
        return array;
    }

    private static void RequireShallow(ref Utf8JsonReader reader, FieldPath path)
    {
        if (reader.CurrentDepth >= MaxDepth && !path.StartsWith("metadata", "managedFields")) throw new JsonException($"exceeded max depth of {MaxDepth}");
    }

    private static JsonValue Number(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out var integer))
            return JsonValue.Create(integer);
        var number = reader.GetDouble();
        return double.IsFinite(number) ? JsonValue.Create(number) : throw new JsonException("a number is out of range");
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a string is not valid UTF-8", e); // also an escaped lone surrogate
        }
    }
}
