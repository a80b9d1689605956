using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

internal static class CoreTables
{
    public static TableDefinition Namespaces { get; } = BuiltInTables.Simple(
        [new("Status")],
        static (row, cells) => cells.Text(row.Object.Text("status", "phase")));

    public static TableDefinition Secrets { get; } = BuiltInTables.Simple(
        [new("Type", Description: "What its data is for."), new("Data", Description: "How many values it has.")],
        static (row, cells) => cells.Text(row.Object.Text("type")).Number(row.Object.Count("data")));

    public static TableDefinition ConfigMaps { get; } = BuiltInTables.Simple(
        [new("Data", Description: "How many values it has.")],
        static (row, cells) => cells.Number(row.Object.Count("data") + row.Object.Count("binaryData")));

    public static TableDefinition ServiceAccounts => DeviceTables.NameAndAge;

    public static TableDefinition PodTemplates { get; } = new(
        [TableColumn.ObjectName, new("Containers", Description: "The template's containers."), new("Images", Description: "Their images."), new("Pod Labels", Description: "Labels of its pods.")],
        static (row, cells) => cells.Text(row.Name).Containers(row.Object.At("template")).Text(Cells.Labels(row.Object, "template", "metadata", "labels")));

    public static TableDefinition ComponentStatuses { get; } = new(
        [TableColumn.ObjectName, new("Status", Description: "Healthy, Unhealthy or Unknown."), new("Message", Description: "What the component says."), new("Error", Description: "Why it cannot be asked.")],
        static (row, cells) =>
        {
            CompactValue healthy = default;
            foreach (var condition in row.Object.Items("conditions"))
            {
                if (condition.Text("type") != "Healthy") continue;
                healthy = condition;
                break;
            }

            var status = healthy.ValueKind != JsonValueKind.Object ? "Unknown" : healthy.Text("status") == "True" ? "Healthy" : "Unhealthy";
            cells.Text(row.Name).Text(status).Text(healthy.Text("message")).Text(healthy.Text("error"));
        });

    public static TableDefinition Leases { get; } = BuiltInTables.Simple(
        [new("Holder")],
        static (row, cells) => cells.Text(row.Object.Text("spec", "holderIdentity")));

    public static TableDefinition RuntimeClasses { get; } = BuiltInTables.Simple(
        [new("Handler")],
        static (row, cells) => cells.Text(row.Object.Text("handler")));

    public static TableDefinition Events { get; } = new(
        [
            new("Last Seen"), new("Type"), new("Reason"), new("Object"), TableColumn.Wide("Subobject"), TableColumn.Wide("Source"), new("Message"), TableColumn.Wide("First Seen"),
            TableColumn.Wide("Count"), TableColumn.Wide("Name") with { Format = "name" },
        ],
        static (row, cells) => FillEvent(row, cells));

    /// <summary>core/v1 and events.k8s.io/v1 in one: the newer API names the same facts otherwise (regarding, note, deprecated*).</summary>
    private static void FillEvent(TableRow row, CellWriter cells)
    {
        var item = row.Object;
        var about = item.Has("involvedObject") ? item.At("involvedObject") : item.At("regarding");
        var first = Cells.Or(Cells.Or(item.Text("firstTimestamp"), item.Text("deprecatedFirstTimestamp")), item.Text("eventTime"));
        var last = Cells.Or(Cells.Or(item.Text("lastTimestamp"), item.Text("deprecatedLastTimestamp")), first);
        var count = Math.Max(item.Number("count"), item.Number("deprecatedCount"));
        if (item.Has("series"))
        {
            last = Cells.Or(item.Text("series", "lastObservedTime"), last);
            count = item.Number("series", "count");
        }
        else if (count == 0)
        {
            count = 1;
        }

        var kind = about.Text("kind").ToLowerInvariant();
        var name = about.Text("name");
        var component = Cells.Or(item.Text("source", "component"), Cells.Or(item.Text("deprecatedSource", "component"), item.Text("reportingComponent") + item.Text("reportingController")));
        var host = Cells.Or(item.Text("source", "host"), Cells.Or(item.Text("deprecatedSource", "host"), item.Text("reportingInstance")));
        cells.Text(HumanDuration.Since(last, row.Now)).Text(item.Text("type")).Text(item.Text("reason")).Text(name.Length > 0 ? $"{kind}/{name}" : kind)
            .Text(about.Text("fieldPath")).Text(host.Length > 0 ? $"{component}, {host}" : component).Text(Cells.Or(item.Text("message"), item.Text("note")).Trim())
            .Text(HumanDuration.Since(first, row.Now)).Number(count).Text(row.Name);
    }
}
