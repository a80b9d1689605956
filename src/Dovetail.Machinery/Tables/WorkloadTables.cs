using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

internal static class WorkloadTables
{
    internal static ImmutableArray<TableColumn> ContainerColumns { get; } = [TableColumn.Wide("Containers"), TableColumn.Wide("Images")];

    public static TableDefinition Deployments { get; } = new(
        [TableColumn.ObjectName, new("Ready"), new("Up-to-date"), new("Available"), TableColumn.Age, .. ContainerColumns, TableColumn.Wide("Selector")],
        static (row, cells) => Containers(
            row,
            cells.Text(row.Name).Text(ReadyOfWanted(row.Object)).Number(row.Object.Number("status", "updatedReplicas")).Number(row.Object.Number("status", "availableReplicas")).Text(row.Age))
            .Text(Cells.Selector(row.Object.At("spec", "selector"))));

    public static TableDefinition ReplicaSets { get; } = new(
        [TableColumn.ObjectName, new("Desired", "integer"), new("Current", "integer"), new("Ready", "integer"), TableColumn.Age, .. ContainerColumns, TableColumn.Wide("Selector")],
        static (row, cells) => Containers(
            row,
            cells.Text(row.Name).Number(row.Object.Number("spec", "replicas")).Number(row.Object.Number("status", "replicas")).Number(row.Object.Number("status", "readyReplicas")).Text(row.Age))
            .Text(Selector(row.Object)));

    public static TableDefinition ReplicationControllers { get; } = new(
        [TableColumn.ObjectName, new("Desired", "integer"), new("Current", "integer"), new("Ready", "integer"), TableColumn.Age, .. ContainerColumns, TableColumn.Wide("Selector")],
        static (row, cells) => Containers(
            row,
            cells.Text(row.Name).Number(row.Object.Number("spec", "replicas")).Number(row.Object.Number("status", "replicas")).Number(row.Object.Number("status", "readyReplicas")).Text(row.Age))
            .Text(Cells.Labels(row.Object, "spec", "selector")));

    /// <summary>The scale subresource of any kind.</summary>
    public static TableDefinition Scales { get; } = new(
        [TableColumn.ObjectName with { Format = "" }, new("Desired", "integer", Description: "Replicas that are wanted."), new("Available", "integer", Description: "Replicas that there are."), TableColumn.Age],
        static (row, cells) => cells.Text(row.Name).Number(row.Object.Number("spec", "replicas")).Number(row.Object.Number("status", "replicas")).Text(row.Age));

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
                .Text(Cells.Labels(row.Object, "spec", "template", "spec", "nodeSelector")).Text(row.Age))
            .Text(Selector(row.Object)));

    public static TableDefinition ControllerRevisions { get; } = BuiltInTables.Simple(
        [new("Controller", Description: "Whose revision it is."), new("Revision", Description: "Its number.")],
        static (row, cells) => cells.Text(Controller(row.Object)).Number(row.Object.Number("revision")));

    private static string ReadyOfWanted(CompactValue item) =>
        string.Create(CultureInfo.InvariantCulture, $"{item.Number("status", "readyReplicas")}/{item.Number("spec", "replicas")}");

    private static CellWriter Containers(TableRow row, CellWriter cells) => cells.Containers(row.Object.At("spec", "template"));

    private static string Selector(CompactValue item) => Cells.Or(Cells.Selector(item.At("spec", "selector")), Cells.None);

    private static string Controller(CompactValue item)
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
