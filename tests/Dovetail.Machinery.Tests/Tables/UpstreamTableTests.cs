using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Tables;

namespace Dovetail.Machinery.Tests.Tables;

/// <summary>Tables against what a Kubernetes 1.36 API server printed: <c>Data/columns.text</c> has each kind's columns (name, type, format, priority),
/// <c>Data/cells.jsonl</c> objects of ours with the cells of their rows, at the time that was.</summary>
public sealed class UpstreamTableTests
{
    [Fact]
    public void Every_kind_has_upstreams_columns()
    {
        var differences = new List<string>();
        foreach (var line in File.ReadLines(Data("columns.text")))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            var ours = string.Join("; ", Table(line[..colon]).Columns.Select(static c => $"{c.Name},{c.Type},{c.Format},{c.Priority}"));
            if (ours != line[(colon + 2)..])
                differences.Add($"{line}\n  ours: {ours}");
        }
        differences.ShouldBeEmpty();
    }

    [Fact]
    public void Every_row_has_upstreams_cells()
    {
        var differences = new List<string>();
        foreach (var line in File.ReadLines(Data("cells.jsonl")))
        {
            var vector = JsonNode.Parse(line)!;
            var resource = vector["resource"]!.GetValue<string>();
            var now = DateTimeOffset.Parse(vector["now"]!.GetValue<string>(), CultureInfo.InvariantCulture);
            var output = new ArrayBufferWriter<byte>();
            TableWriter.WriteTable(output, Table(resource), new ListMetadata("1"), [Encoding.UTF8.GetBytes(vector["object"]!.ToJsonString())], IncludeObject.None, now);
            var row = JsonNode.Parse(output.WrittenSpan)!["rows"]![0]!;
            if (!JsonNode.DeepEquals(row["cells"], vector["cells"]) || !JsonNode.DeepEquals(row["conditions"], vector["conditions"]))
                differences.Add($"{resource} {vector["object"]!["metadata"]!["name"]}:\n  {vector["cells"]!.ToJsonString()} {vector["conditions"]?.ToJsonString()}\n  {row["cells"]!.ToJsonString()} {row["conditions"]?.ToJsonString()}");
        }
        differences.ShouldBeEmpty();
    }

    [Fact]
    public void Every_table_writes_its_cells_for_an_empty_object()
    {
        // Upstream's row of an IPAddress has an age that its columns do not name.
        foreach (var resource in BuiltInResources.All.Where(static r => r.Plural != "ipaddresses"))
        {
            var table = BuiltInTables.Find(resource.Group, resource.Plural);
            var output = new ArrayBufferWriter<byte>();
            TableWriter.WriteTable(output, table, new ListMetadata("1"), ["{}"u8.ToArray()], IncludeObject.None, DateTimeOffset.UnixEpoch);
            JsonNode.Parse(output.WrittenSpan)!["rows"]![0]!["cells"]!.AsArray().Count.ShouldBe(table.Columns.Length, resource.Plural);
        }
    }

    private static TableDefinition Table(string resource)
    {
        var dot = resource.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? BuiltInTables.Find("", resource) : BuiltInTables.Find(resource[(dot + 1)..], resource[..dot]);
    }

    private static string Data(string name, [CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Data", name);
}
