using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>metadata of a list or table.</summary>
/// <param name="ResourceVersion">"" leaves it out.</param>
/// <param name="Continue">"" on the last page.</param>
public readonly record struct ListMetadata(string ResourceVersion, string Continue = "", long? RemainingItemCount = null);

/// <summary>Writes <c>meta.k8s.io/v1</c> Table, PartialObjectMetadata and PartialObjectMetadataList from stored bytes.</summary>
public static class TableWriter
{
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    internal static readonly JsonDocumentOptions Stored = new() { MaxDepth = JsonObjectReader.StoredDepth };

    /// <summary>A table of <paramref name="items"/>, each a whole object as UTF-8 JSON. For a watch event pass the one object, and its revision; upstream leaves the column definitions out of all
    /// but the first event: <paramref name="withColumns"/>.</summary>
    /// <param name="metaVersion">v1 or v1beta1, as the client asked.</param>
    public static void WriteTable(
        IBufferWriter<byte> output, TableDefinition table, ListMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> items, IncludeObject include, DateTimeOffset now, bool withColumns = true, string metaVersion = "v1")
    {
        using var rows = new TableRows(output, table, include, now, metaVersion);
        rows.Start(metadata, withColumns);
        foreach (var item in items) rows.Add(item);
        rows.End();
    }

    /// <summary>One object's PartialObjectMetadata.</summary>
    public static void WritePartialObjectMetadata(IBufferWriter<byte> output, ReadOnlyMemory<byte> item)
    {
        using var json = new Utf8JsonWriter(output, Options);
        using var document = JsonDocument.Parse(item, Stored);
        WritePartial(json, document.RootElement, "meta.k8s.io/v1");
    }

    public static void WritePartialObjectMetadataList(IBufferWriter<byte> output, ListMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> items)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("kind"u8, "PartialObjectMetadataList"u8);
        json.WriteString("apiVersion"u8, "meta.k8s.io/v1"u8);
        WriteListMetadata(json, metadata);
        json.WriteStartArray("items"u8);
        foreach (var item in items)
        {
            using var document = JsonDocument.Parse(item, Stored);
            WritePartial(json, document.RootElement, "meta.k8s.io/v1");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static void WriteListMetadata(Utf8JsonWriter json, ListMetadata metadata)
    {
        json.WriteStartObject("metadata"u8);
        if (metadata.ResourceVersion.Length > 0) json.WriteString("resourceVersion"u8, metadata.ResourceVersion);
        if (metadata.Continue.Length > 0) json.WriteString("continue"u8, metadata.Continue);
        if (metadata.RemainingItemCount is { } remaining) json.WriteNumber("remainingItemCount"u8, remaining);
        json.WriteEndObject();
    }

    internal static void WritePartial(Utf8JsonWriter json, JsonElement item, string apiVersion)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, "PartialObjectMetadata"u8);
        json.WriteString("apiVersion"u8, apiVersion);
        json.WritePropertyName("metadata"u8);
        if (item.TryGetProperty("metadata"u8, out var metadata)) json.WriteRawValue(JsonMarshal.GetRawUtf8Value(metadata), skipInputValidation: true);
        else json.WriteRawValue("{}"u8, skipInputValidation: true);
        json.WriteEndObject();
    }
}
