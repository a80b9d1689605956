using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Dovetail.Machinery.Yaml;

/// <summary>What reading YAML may cost.</summary>
/// <param name="MaxDepth">Nested mappings and sequences.</param>
/// <param name="MaxNodes">Nodes of the JSON, aliases expanded: bounds what anchors can blow up ("billion laughs").</param>
public sealed record YamlLimits(int MaxDepth = 256, int MaxNodes = 2_000_000)
{
    public static YamlLimits Default { get; } = new();
}

/// <summary>YAML 1.1 as sigs.k8s.io/yaml reads it, into UTF-8 JSON: <c>yes/no/on/off</c> are booleans, <c>0o17</c>, <c>017</c> and <c>0b1</c> numbers, <c>&lt;&lt;</c> merges,
/// keys of every scalar type become strings, and a key that occurs twice in one mapping is an error unless somebody wants to hear of it. JSON passes through as YAML.</summary>
public static class YamlToJson
{
    /// <summary>Converts the first document; an empty text is <c>null</c>.</summary>
    /// <exception cref="YamlFormatException">Not YAML, or beyond the limits.</exception>
    public static byte[] Convert(ReadOnlySpan<byte> yaml, YamlLimits? limits = null) => Convert(yaml, null, limits);

    /// <summary>Converts the first document. Of keys that occur twice the last one counts, and <paramref name="duplicates"/> gets a line for each (<c>line 3: key "a" already set in map</c>); null: they are an error.</summary>
    /// <exception cref="YamlFormatException">Not YAML, or beyond the limits.</exception>
    public static byte[] Convert(ReadOnlySpan<byte> yaml, List<string>? duplicates, YamlLimits? limits = null)
    {
        var documents = ConvertAll(yaml, limits, first: true, duplicates);
        return documents.Count == 0 ? "null"u8.ToArray() : documents[0];
    }

    /// <summary>Converts every document of a stream; empty documents are left out.</summary>
    /// <exception cref="YamlFormatException">Not YAML, or beyond the limits.</exception>
    public static IReadOnlyList<byte[]> ConvertAll(ReadOnlySpan<byte> yaml, YamlLimits? limits = null) => ConvertAll(yaml, limits, first: false, null);

    private static List<byte[]> ConvertAll(ReadOnlySpan<byte> yaml, YamlLimits? limits, bool first, List<string>? duplicates)
    {
        var documents = new List<byte[]>();
        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(yaml);
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            while (!parser.Accept<StreamEnd>(out _))
            {
                var root = new YamlTreeBuilder(limits ?? YamlLimits.Default).ReadDocument(parser);
                if (root is YamlScalar { IsEmptyDocument: true }) continue;
                documents.Add(Write(root, limits ?? YamlLimits.Default, duplicates));
                if (first) break;
            }
        }
        catch (YamlException e)
        {
            throw new YamlFormatException(string.Create(CultureInfo.InvariantCulture, $"error converting YAML to JSON: yaml: line {e.Start.Line}: {e.Message}"), e);
        }
        catch (DecoderFallbackException e)
        {
            throw new YamlFormatException("error converting YAML to JSON: yaml: invalid Unicode character", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner loses its way in some malformed texts instead of refusing them.
            throw new YamlFormatException("error converting YAML to JSON: yaml: did not find expected <document start>", e);
        }

        return documents;
    }

    private static byte[] Write(YamlNode root, YamlLimits limits, List<string>? duplicates)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = limits.MaxDepth + 1 }))
            new YamlJsonWriter(writer, limits, duplicates).Write(root, 0);
        return buffer.WrittenSpan.ToArray();
    }
}
