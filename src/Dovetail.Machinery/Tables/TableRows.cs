using System.Buffers;
using System.Text.Json;

namespace Dovetail.Machinery.Tables;

/// <summary>A <c>meta.k8s.io/v1</c> Table on its way out: start, any number of rows, end. What a row writes is in the output when <see cref="Add"/> returns.</summary>
public sealed class TableRows : IDisposable
{
    private readonly Utf8JsonWriter json;
    private readonly CellWriter cells;
    private readonly TableDefinition table;
    private readonly IncludeObject include;
    private readonly DateTimeOffset now;
    private readonly string apiVersion;

    /// <param name="metaVersion">v1 or v1beta1, as the client asked.</param>
    public TableRows(IBufferWriter<byte> output, TableDefinition table, IncludeObject include, DateTimeOffset now, string metaVersion)
    {
        json = new Utf8JsonWriter(output, TableWriter.Options);
        cells = new CellWriter(json);
        this.table = table;
        this.include = include;
        this.now = now;
        apiVersion = $"meta.k8s.io/{metaVersion}";
    }

    /// <summary>Everything before the rows. <paramref name="withColumns"/>: false for all but the first event of a watch, as upstream has it.</summary>
    public void Start(ListMetadata metadata, bool withColumns)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, "Table"u8);
        json.WriteString("apiVersion"u8, apiVersion);
        TableWriter.WriteListMetadata(json, metadata);
        json.WritePropertyName("columnDefinitions"u8);
        if (withColumns) json.WriteRawValue(table.ColumnsJson, skipInputValidation: true);
        else json.WriteNullValue();
        json.WriteStartArray("rows"u8);
        json.Flush();
    }

    /// <summary>The row of one object, given as JSON.</summary>
    public void Add(ReadOnlyMemory<byte> item)
    {
        using var document = JsonDocument.Parse(item, TableWriter.Stored);
        json.WriteStartObject();
        json.WriteStartArray("cells"u8);
        table.Fill(new TableRow(document.RootElement, now), cells);
        json.WriteEndArray();
        if (table.Conditions(document.RootElement) is { Length: > 0 } conditions)
        {
            json.WritePropertyName("conditions"u8);
            json.WriteRawValue(conditions, skipInputValidation: true);
        }

        json.WritePropertyName("object"u8);
        if (include == IncludeObject.Metadata) TableWriter.WritePartial(json, document.RootElement, apiVersion);
        else if (include == IncludeObject.Object) json.WriteRawValue(item.Span, skipInputValidation: true);
        else json.WriteNullValue();
        json.WriteEndObject();
        json.Flush();
    }

    public void End()
    {
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    public void Dispose() => json.Dispose();
}
