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

    /// <summary>metadata.labels as a dictionary of their own.</summary>
    public static IReadOnlyDictionary<string, string> Labels(ReadOnlySpan<byte> json)
    {
        var metadata = CompactJson.Field(json, 0, "metadata"u8);
        var start = metadata < 0 ? -1 : CompactJson.Field(json, metadata, "labels"u8);
        if (start < 0) return NoLabels;
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json[start..CompactJson.End(json, start)]);
        reader.Read();
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
        var at = 0;
        Span<byte> name = stackalloc byte[256];
        foreach (var step in path)
        {
            if (!Encoding.UTF8.TryGetBytes(step, name, out var count) || (at = CompactJson.Field(json, at, name[..count])) < 0) return "";
        }

        return json[at] switch
        {
            (byte)'"' => Unquoted(json[at..CompactJson.End(json, at)]),
            (byte)'{' or (byte)'[' or (byte)'n' => "",
            _ => Encoding.UTF8.GetString(json[at..CompactJson.End(json, at)]),
        };
    }

    /// <summary>The bytes of <c>metadata</c>'s value, braces included.</summary>
    public static ReadOnlySpan<byte> Metadata(ReadOnlySpan<byte> json)
    {
        var start = CompactJson.Field(json, 0, "metadata"u8);
        return start < 0 ? "{}"u8 : json[start..CompactJson.End(json, start)];
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

    private static string Unquoted(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'\\')) return Encoding.UTF8.GetString(text[1..^1]);
        var reader = new Utf8JsonReader(text);
        reader.Read();
        return reader.GetString()!;
    }
}
