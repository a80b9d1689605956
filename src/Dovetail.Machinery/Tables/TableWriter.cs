using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dovetail.Machinery.Tables;

/// <summary>metadata of a list or table.</summary>
/// <param name="ResourceVersion">"" leaves it out.</param>
/// <param name="Continue">"" on the last page.</param>
public readonly record struct ListMetadata(string ResourceVersion, string Continue = "", long? RemainingItemCount = null);

/// <summary>Writes <c>meta.k8s.io/v1</c> Table from stored bytes.</summary>
public static class TableWriter
{
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A table of <paramref name="items"/>, each a whole object as compact JSON. For a watch event pass the one object, and its revision; upstream leaves the column definitions out of all
    /// but the first event: <paramref name="withColumns"/>.</summary>
    /// <param name="metaVersion">v1 or v1beta1, as the client asked.</param>
    public static void WriteTable(
        IBufferWriter<byte> output, TableDefinition table, ListMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> items, IncludeObject include, DateTimeOffset now, bool withColumns = true, string metaVersion = "v1")
    {
        var rows = new TableRows(output, table, include, now, metaVersion);
        rows.Start(metadata, withColumns);
        foreach (var item in items) rows.Add(item);
        rows.End();
    }

    internal static void WriteListMetadata(Utf8JsonWriter json, ListMetadata metadata)
    {
        json.WriteStartObject("metadata"u8);
        if (metadata.ResourceVersion.Length > 0) json.WriteString("resourceVersion"u8, metadata.ResourceVersion);
        if (metadata.Continue.Length > 0) json.WriteString("continue"u8, metadata.Continue);
        if (metadata.RemainingItemCount is { } remaining) json.WriteNumber("remainingItemCount"u8, remaining);
        json.WriteEndObject();
    }
}
