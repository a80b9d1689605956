using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Cli.Api;

/// <summary>JSON for people: nothing escaped that need not be.</summary>
internal static class JsonText
{
    public static byte[] Bytes(JsonNode node, bool indented = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) node.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    public static string Of(JsonNode node, bool indented = false) => Encoding.UTF8.GetString(Bytes(node, indented));
}
