using System.Buffers;
using System.Text;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>A <c>meta.k8s.io/v1</c> Table on its way out: start, any number of rows, end. What a row writes is in the output when <see cref="Add"/> returns.</summary>
public sealed class TableRows
{
    private readonly IBufferWriter<byte> output;
    private readonly CellWriter cells;
    private readonly TableDefinition table;
    private readonly IncludeObject include;
    private readonly DateTimeOffset now;
    private readonly string apiVersion;
    private readonly byte[] partialHead;
    private bool first = true;

    /// <param name="metaVersion">v1 or v1beta1, as the client asked.</param>
    public TableRows(IBufferWriter<byte> output, TableDefinition table, IncludeObject include, DateTimeOffset now, string metaVersion)
    {
        this.output = output;
        cells = new CellWriter(output);
        this.table = table;
        this.include = include;
        this.now = now;
        apiVersion = $"meta.k8s.io/{metaVersion}";
        partialHead = Encoding.UTF8.GetBytes($"{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"{apiVersion}\",\"metadata\":");
    }

    /// <summary>Everything before the rows. <paramref name="withColumns"/>: false for all but the first event of a watch, as upstream has it.</summary>
    public void Start(ListMetadata metadata, bool withColumns)
    {
        using var json = new Utf8JsonWriter(output, TableWriter.Options);
        json.WriteStartObject();
        json.WriteString("kind"u8, "Table"u8);
        json.WriteString("apiVersion"u8, apiVersion);
        TableWriter.WriteListMetadata(json, metadata);
        json.WritePropertyName("columnDefinitions"u8);
        if (withColumns) json.WriteRawValue(table.ColumnsJson, skipInputValidation: true);
        else json.WriteNullValue();
        json.WriteStartArray("rows"u8);
    }

    /// <summary>The row of one object, given as compact JSON (<see cref="CompactJson"/>).</summary>
    public void Add(ReadOnlyMemory<byte> item)
    {
        var text = new CompactText(item);
        output.Write(first ? "{\"cells\":"u8 : ",{\"cells\":"u8);
        first = false;
        cells.Start();
        table.Fill(new TableRow(text.Root, now), cells);
        cells.End();
        if (table.Conditions(text.Root) is { Length: > 0 } conditions)
        {
            output.Write(",\"conditions\":"u8);
            output.Write(conditions);
        }

        output.Write(",\"object\":"u8);
        switch (include)
        {
            case IncludeObject.Metadata:
                output.Write(partialHead);
                output.Write(text.Metadata);
                output.Write("}}"u8);
                break;
            case IncludeObject.Object:
                output.Write(item.Span);
                output.Write("}"u8);
                break;
            case IncludeObject.None:
                output.Write("null}"u8);
                break;
        }
    }

    public void End() => output.Write("]}"u8);
}
