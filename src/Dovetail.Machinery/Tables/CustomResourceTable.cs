using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.JsonPath;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>Tables of custom resources, from a CRD version's <c>additionalPrinterColumns</c>.</summary>
public static class CustomResourceTable
{
    /// <summary>The object's name and then the given columns; name and age when there are none.</summary>
    /// <exception cref="FormatException">A <c>jsonPath</c> is none.</exception>
    public static TableDefinition Create(JsonArray? additionalPrinterColumns)
    {
        if (additionalPrinterColumns is null || additionalPrinterColumns.Count == 0)
            return new TableDefinition([TableColumn.ObjectName, TableColumn.Age with { Type = "date" }], static (row, cells) => cells.Text(row.Name).Text(row.Age));

        var columns = ImmutableArray.CreateBuilder<TableColumn>();
        columns.Add(TableColumn.ObjectName);
        var paths = new List<(JsonPathExpression Path, string Type)>();
        foreach (var column in additionalPrinterColumns.OfType<JsonObject>())
        {
            var type = (string?)column["type"] ?? "string";
            columns.Add(new TableColumn(
                (string?)column["name"] ?? "", type, (string?)column["format"] ?? "", Description(column), Priority(column)));
            paths.Add((JsonPathExpression.Parse((string?)column["jsonPath"] ?? ""), type));
        }

        return new TableDefinition(columns.ToImmutable(), (row, cells) =>
        {
            cells.Text(row.Name);
            foreach (var (path, type) in paths)
            {
                if (path.TryFirst(row.Object, out var value) && value.ValueKind != JsonValueKind.Null) WriteCell(cells, type, value, row.Now);
                else cells.Null();
            }
        });
    }

    /// <summary>A value that does not have the column's type shows as null.</summary>
    private static void WriteCell(CellWriter cells, string type, CompactValue value, DateTimeOffset now)
    {
        switch (type, value.ValueKind)
        {
            case ("string", _):
                cells.Text(JsonPathExpression.Print(value));
                break;
            case ("integer", JsonValueKind.Number):
                cells.Number(value.TryGetInt64(out var whole) ? whole : (long)value.GetDouble());
                break;
            case ("number", JsonValueKind.Number):
                cells.Double(value.GetDouble());
                break;
            case ("boolean", JsonValueKind.True or JsonValueKind.False):
                cells.Boolean(value.ValueKind == JsonValueKind.True);
                break;
            case ("date", JsonValueKind.String):
                cells.Text(HumanDuration.Since(value.GetString(), now));
                break;
            default:
                cells.Null();
                break;
        }
    }

    private static string Description(JsonObject column) =>
        (string?)column["description"] is { Length: > 0 } described ? described : $"Custom resource definition column (in JSONPath format): {(string?)column["jsonPath"]}";

    /// <summary>A parsed number may be any of .NET's, after who made the node.</summary>
    private static int Priority(JsonNode column) => column["priority"] is JsonValue priority && int.TryParse(priority.ToJsonString(), out var value) ? value : 0;
}
