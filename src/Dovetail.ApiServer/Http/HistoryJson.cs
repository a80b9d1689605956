using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Http;

/// <summary>The answer to <c>?history=true</c> on an object: <c>{"kind":"ObjectHistory","apiVersion":"history.dovetail.dev/v1","items":[{"revision":"7","time":"…","operation":"Updated","object":{…}}]}</c>,
/// newest first.</summary>
internal static class HistoryJson
{
    public static ReadOnlyMemory<byte> Of(ImmutableArray<PastObject> states)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", "ObjectHistory");
            json.WriteString("apiVersion", "history.dovetail.dev/v1");
            json.WriteStartArray("items");
            foreach (var state in states)
            {
                json.WriteStartObject();
                json.WriteString("revision", state.Object.Revision.ToString(CultureInfo.InvariantCulture));
                json.WriteString("time", state.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
                json.WriteString("operation", state.Operation);
                json.WritePropertyName("object");
                json.WriteRawValue(state.Object.Json.Span, skipInputValidation: true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
