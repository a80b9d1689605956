using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Dovetail.Machinery.Tables;

internal static class WorkloadTables
{
    private static readonly ImmutableArray<TableColumn> ContainerColumns = [TableColumn.Wide("Containers"), TableColumn.Wide("Images")];

    public static TableDefinition Deployments { get; } = new(
        [TableColumn.ObjectName, new("Ready"), new("Up-to-date", "integer"), new("Available", "integer"), TableColumn.Age, .. ContainerColumns, TableColumn.Wide("Selector")],
        static (row, cells) => Containers(
            row,
            cells.Text(row.Name).Text(ReadyOfWanted(row.Object)).Number(row.Object.Number("status", "updatedReplicas")).Number(row.Object.Number("status", "availableReplicas")).Text(row.Age))
            .Text(Selector(row.Object)));

    public static TableDefinition ReplicaSets { get; } = new(
        [TableColumn.ObjectName, new("Desired", "integer"), new("Current", "integer"), new("Ready", "integer"), TableColumn.Age, .. ContainerColumns, TableColumn.Wide("Selector")],
        static (row, cells) => Containers(
            row,
            cells.Text(row.Name).Number(row.Object.Number("spec", "replicas")).Number(row.Object.Number("status", "replicas")).Number(row.Object.Number("status", "readyReplicas")).Text(row.Age))
            .Text(Selector(row.Object)));

    public static TableDefinition StatefulSets { get; } = new(
        [TableColumn.ObjectName, new("Ready"), TableColumn.Age, .. ContainerColumns],
        static (row, cells) => Containers(row, cells.Text(row.Name).Text(ReadyOfWanted(row.Object)).Text(row.Age)));

    public static TableDefinition DaemonSets { get; } = new(
        [
            TableColumn.ObjectName, new("Desired", "integer"), new("Current", "integer"), new("Ready", "integer"), new("Up-to-date", "integer"), new("Available", "integer"), new("Node Selector"),
            TableColumn.Age, .. ContainerColumns, TableColumn.Wide("Selector"),
        ],
        static (row, cells) => Containers(
            row,
            cells.Text(row.Name).Number(row.Object.Number("status", "desiredNumberScheduled")).Number(row.Object.Number("status", "currentNumberScheduled"))
                .Number(row.Object.Number("status", "numberReady")).Number(row.Object.Number("status", "updatedNumberScheduled")).Number(row.Object.Number("status", "numberAvailable"))
                .Text(CoreTables.Labels(row.Object, "spec", "template", "spec", "nodeSelector")).Text(row.Age))
            .Text(Selector(row.Object)));

    public static TableDefinition ControllerRevisions { get; } = BuiltInTables.Simple(
        [new("Controller"), new("Revision", "integer")],
        static (row, cells) => cells.Text(Controller(row.Object)).Number(row.Object.Number("revision")));

    private static string ReadyOfWanted(JsonElement item) =>
        string.Create(CultureInfo.InvariantCulture, $"{item.Number("status", "readyReplicas")}/{item.Number("spec", "replicas")}");

    private static CellWriter Containers(TableRow row, CellWriter cells)
    {
        List<string> names = [], images = [];
        foreach (var container in row.Object.Items("spec", "template", "spec", "containers"))
        {
            names.Add(container.Text("name"));
            images.Add(container.Text("image"));
        }

        return cells.Text(string.Join(",", names)).Text(string.Join(",", images));
    }

    private static string Selector(JsonElement item)
    {
        var terms = new List<string>();
        foreach (var label in item.Entries("spec", "selector", "matchLabels")) terms.Add($"{label.Name}={label.Value.GetString()}");
        foreach (var expression in item.Items("spec", "selector", "matchExpressions"))
        {
            var values = new List<string>();
            foreach (var value in expression.Items("values")) values.Add(value.GetString()!);
            values.Sort(StringComparer.Ordinal);
            var key = expression.Text("key");
            terms.Add(expression.Text("operator") switch
            {
                "In" => $"{key} in ({string.Join(",", values)})",
                "NotIn" => $"{key} notin ({string.Join(",", values)})",
                "Exists" => key,
                _ => "!" + key,
            });
        }

        terms.Sort(StringComparer.Ordinal);
        return terms.Count == 0 ? "<none>" : string.Join(",", terms);
    }

    private static string Controller(JsonElement item)
    {
        foreach (var owner in item.Items("metadata", "ownerReferences"))
        {
            if (!owner.Flag("controller")) continue;
            var group = owner.Text("apiVersion").Split('/') is [var name, _] ? "." + name : "";
            return $"{owner.Text("kind").ToLowerInvariant()}{group}/{owner.Text("name")}";
        }

        return "<none>";
    }
}
