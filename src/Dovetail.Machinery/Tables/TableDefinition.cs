using System.Collections.Immutable;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>How a kind is shown as a table: its columns, and the function that fills a row.</summary>
public sealed class TableDefinition
{
    private readonly Action<TableRow, CellWriter> fill;

    /// <param name="fill">Writes exactly one cell for each column, in order.</param>
    internal TableDefinition(ImmutableArray<TableColumn> columns, Action<TableRow, CellWriter> fill)
    {
        Columns = columns;
        this.fill = fill;
        ColumnsJson = WriteColumns(columns);
    }

    public ImmutableArray<TableColumn> Columns { get; }

    /// <summary>The <c>columnDefinitions</c> as UTF-8 JSON.</summary>
    internal byte[] ColumnsJson { get; }

    /// <summary>A row's <c>conditions</c> as UTF-8 JSON, made of the object; empty when it has none.</summary>
    internal Func<CompactValue, byte[]> Conditions { get; init; } = static _ => [];

    internal void Fill(TableRow row, CellWriter cells) => fill(row, cells);

    private static byte[] WriteColumns(ImmutableArray<TableColumn> columns)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartArray();
            foreach (var column in columns)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, column.Name);
                json.WriteString("type"u8, column.Type);
                json.WriteString("format"u8, column.Format);
                json.WriteString("description"u8, column.Description);
                json.WriteNumber("priority"u8, column.Priority);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return stream.ToArray();
    }
}

/// <summary>The object of a row, and the time that ages are counted to.</summary>
internal readonly struct TableRow(CompactValue item, DateTimeOffset now)
{
    public CompactValue Object { get; } = item;

    public DateTimeOffset Now { get; } = now;

    public string Name => Object.Text("metadata", "name");

    public string Age => HumanDuration.Since(Object.Text("metadata", "creationTimestamp"), Now);
}
