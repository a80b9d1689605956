using System.Buffers.Text;
using System.Text.Json.Nodes;
using System.Text.Json;
using System.Text;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>Reads stored bytes. Single values are looked up without building a tree: lists and watches ask this of thousands of objects.</summary>
internal static class StoredJson
{
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>The whole object as a tree of its own, to be changed freely.</summary>
    public static JsonObject Tree(ReadOnlySpan<byte> json) => (JsonObject)JsonObjectReader.Read(json).Root!;

    /// <summary>metadata.labels; the canonical order puts them early, so the scan ends soon.</summary>
    public static IReadOnlyDictionary<string, string> Labels(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!Enter(ref reader, "metadata"u8) || !Enter(ref reader, "labels"u8) || reader.TokenType != JsonTokenType.StartObject) return NoLabels;
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            labels[name] = reader.GetString() ?? "";
        }

        return labels;
    }

    /// <summary>A scalar at a path (<c>spec</c>, <c>nodeName</c>) as text; "" when it is absent, as field selectors see it.</summary>
    public static string Text(ReadOnlySpan<byte> json, ReadOnlySpan<string> path)
    {
        var reader = new Utf8JsonReader(json);
        Span<byte> name = stackalloc byte[256];
        foreach (var step in path)
        {
            if (!Encoding.UTF8.TryGetBytes(step, name, out var count) || !Enter(ref reader, name[..count])) return "";
        }

        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            _ => "",
        };
    }

    /// <summary>The bytes of <c>metadata</c>'s value, braces included.</summary>
    public static ReadOnlyMemory<byte> Metadata(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        if (!Enter(ref reader, "metadata"u8)) return "{}"u8.ToArray();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    /// <summary>Stored bytes with another revision, for the deletion events of filtered watches.</summary>
    public static byte[] AtRevision(ReadOnlySpan<byte> json, int headLength, long revision)
    {
        // Canonical bytes go on behind the head with "resourceVersion":"N",
        var start = headLength + "\"resourceVersion\":\""u8.Length;
        var end = start + json[start..].IndexOf((byte)'"');
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(revision, digits, out var count);
        return [.. json[..start], .. digits[..count], .. json[end..]];
    }

    private static bool Enter(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (reader.TokenType == JsonTokenType.None) reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found) return true;
            reader.Skip();
        }

        return false;
    }
}
