using System.Collections.Immutable;
using System.Text.Json;

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
    internal Func<JsonElement, byte[]> Conditions { get; init; } = static _ => [];

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
internal readonly struct TableRow(JsonElement item, DateTimeOffset now)
{
    public JsonElement Object { get; } = item;

    public DateTimeOffset Now { get; } = now;

    public string Name => Object.Text("metadata", "name");

    public string Age => HumanDuration.Since(Object.Text("metadata", "creationTimestamp"), Now);
}

/// <summary>Writes the cells of one row.</summary>
internal sealed class CellWriter(Utf8JsonWriter json)
{
    public CellWriter Text(string value)
    {
        json.WriteStringValue(value);
        return this;
    }

    public CellWriter Number(long value)
    {
        json.WriteNumberValue(value);
        return this;
    }

    public CellWriter Double(double value)
    {
        json.WriteNumberValue(value);
        return this;
    }

    public CellWriter Boolean(bool value)
    {
        json.WriteBooleanValue(value);
        return this;
    }

    public CellWriter Null()
    {
        json.WriteNullValue();
        return this;
    }
}

/// <summary>Reading of JSON that may lack anything on the way.</summary>
internal static class JsonElementReading
{
    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(step, out element)) return default;
        return element;
    }

    /// <summary>"" when absent or no string.</summary>
    public static string Text(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var found = element.At(path);
        return found.ValueKind == JsonValueKind.String ? found.GetString()! : "";
    }

    public static long Number(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var found = element.At(path);
        return found.ValueKind == JsonValueKind.Number && found.TryGetInt64(out var value) ? value : 0;
    }

    public static bool Flag(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).ValueKind == JsonValueKind.True;

    public static bool Has(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static int Count(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var found = element.At(path);
        return found.ValueKind switch
        {
            JsonValueKind.Array => found.GetArrayLength(),
            JsonValueKind.Object => found.GetPropertyCount(),
            _ => 0,
        };
    }

    /// <summary>Nothing when absent or no list.</summary>
    public static JsonElement.ArrayEnumerator Items(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var found = element.At(path);
        return found.ValueKind == JsonValueKind.Array ? found.EnumerateArray() : default;
    }

    public static JsonElement.ObjectEnumerator Entries(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var found = element.At(path);
        return found.ValueKind == JsonValueKind.Object ? found.EnumerateObject() : default;
    }
}
