using System.Globalization;
using System.Text.Json;

namespace Dovetail.Machinery.Tables;

internal static class CoreTables
{
    public static TableDefinition Namespaces { get; } = BuiltInTables.Simple(
        [new("Status")],
        static (row, cells) => cells.Text(row.Object.Text("status", "phase")));

    public static TableDefinition Secrets { get; } = BuiltInTables.Simple(
        [new("Type"), new("Data", "integer")],
        static (row, cells) => cells.Text(row.Object.Text("type")).Number(row.Object.Count("data")));

    public static TableDefinition ConfigMaps { get; } = BuiltInTables.Simple(
        [new("Data", "integer")],
        static (row, cells) => cells.Number(row.Object.Count("data") + row.Object.Count("binaryData")));

    public static TableDefinition ServiceAccounts { get; } = BuiltInTables.Simple(
        [new("Secrets", "integer")],
        static (row, cells) => cells.Number(row.Object.Count("secrets")));

    public static TableDefinition Leases { get; } = BuiltInTables.Simple(
        [new("Holder")],
        static (row, cells) => cells.Text(row.Object.Text("spec", "holderIdentity")));

    public static TableDefinition RuntimeClasses { get; } = BuiltInTables.Simple(
        [new("Handler")],
        static (row, cells) => cells.Text(row.Object.Text("handler")));

    public static TableDefinition PriorityClasses { get; } = new(
        [TableColumn.ObjectName, new("Value", "integer"), new("Global-Default", "boolean"), TableColumn.Age, new("PreemptionPolicy")],
        static (row, cells) => cells.Text(row.Name).Number(row.Object.Number("value")).Boolean(row.Object.Flag("globalDefault")).Text(row.Age)
            .Text(row.Object.Text("preemptionPolicy")));

    public static TableDefinition ApiServices { get; } = BuiltInTables.Simple(
        [new("Service"), new("Available")],
        static (row, cells) =>
        {
            var service = row.Object.At("spec", "service");
            cells.Text(service.ValueKind == JsonValueKind.Object ? $"{service.Text("namespace")}/{service.Text("name")}" : "Local");
            var available = Condition(row.Object, "Available");
            var status = Or(available.Text("status"), "Unknown");
            cells.Text(status == "True" || !available.Has("reason") ? status : $"{status} ({available.Text("reason")})");
        });

    public static TableDefinition Services { get; } = new(
        [TableColumn.ObjectName, new("Type"), new("Cluster-IP"), new("External-IP"), new("Port(s)"), TableColumn.Age, TableColumn.Wide("Selector")],
        static (row, cells) => cells.Text(row.Name).Text(row.Object.Text("spec", "type")).Text(Or(row.Object.Text("spec", "clusterIP"), "<none>"))
            .Text(ExternalIp(row.Object)).Text(Ports(row.Object)).Text(row.Age).Text(Labels(row.Object, "spec", "selector")));

    public static TableDefinition Events { get; } = new(
        [
            new("Last Seen"), new("Type"), new("Reason"), new("Object"), TableColumn.Wide("Subobject"), TableColumn.Wide("Source"), new("Message"), TableColumn.Wide("First Seen"),
            TableColumn.Wide("Count") with { Type = "integer" }, TableColumn.Wide("Name") with { Format = "name" },
        ],
        static (row, cells) => FillEvent(row, cells));

    /// <summary>A map as <c>a=b,c=d</c>, sorted; <c>&lt;none&gt;</c> when empty.</summary>
    public static string Labels(JsonElement item, params ReadOnlySpan<string> path)
    {
        var pairs = new List<string>();
        foreach (var pair in item.Entries(path)) pairs.Add($"{pair.Name}={pair.Value.GetString()}");
        pairs.Sort(StringComparer.Ordinal);
        return pairs.Count == 0 ? "<none>" : string.Join(",", pairs);
    }

    public static JsonElement Condition(JsonElement item, string type)
    {
        foreach (var condition in item.Items("status", "conditions"))
            if (condition.Text("type") == type) return condition;
        return default;
    }

    public static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static string ExternalIp(JsonElement service)
    {
        var external = new List<string>();
        foreach (var address in service.Items("spec", "externalIPs")) external.Add(address.GetString()!);
        switch (service.Text("spec", "type"))
        {
            case "ExternalName":
                return service.Text("spec", "externalName");
            case "LoadBalancer":
                var balanced = new List<string>();
                foreach (var ingress in service.Items("status", "loadBalancer", "ingress")) balanced.Add(Or(ingress.Text("ip"), ingress.Text("hostname")));
                balanced.AddRange(external);
                return balanced.Count == 0 ? "<pending>" : string.Join(",", balanced);
            default:
                return external.Count == 0 ? "<none>" : string.Join(",", external);
        }
    }

    private static string Ports(JsonElement service)
    {
        var ports = new List<string>();
        foreach (var port in service.Items("spec", "ports"))
        {
            var node = port.Number("nodePort");
            ports.Add(string.Create(CultureInfo.InvariantCulture, $"{port.Number("port")}{(node > 0 ? ":" + node.ToString(CultureInfo.InvariantCulture) : "")}/{Or(port.Text("protocol"), "TCP")}"));
        }

        return ports.Count == 0 ? "<none>" : string.Join(",", ports);
    }

    /// <summary>core/v1 and events.k8s.io/v1 in one: the newer API names the same facts otherwise (regarding, note, deprecated*).</summary>
    private static void FillEvent(TableRow row, CellWriter cells)
    {
        var item = row.Object;
        var about = item.Has("involvedObject") ? item.At("involvedObject") : item.At("regarding");
        var first = Or(Or(item.Text("firstTimestamp"), item.Text("deprecatedFirstTimestamp")), item.Text("eventTime"));
        var last = Or(Or(item.Text("lastTimestamp"), item.Text("deprecatedLastTimestamp")), first);
        var count = Math.Max(item.Number("count"), item.Number("deprecatedCount"));
        if (item.Has("series"))
        {
            last = Or(item.Text("series", "lastObservedTime"), last);
            count = item.Number("series", "count");
        }
        else if (count == 0)
        {
            count = 1;
        }

        var kind = about.Text("kind").ToLowerInvariant();
        var name = about.Text("name");
        var component = Or(item.Text("source", "component"), Or(item.Text("deprecatedSource", "component"), item.Text("reportingComponent") + item.Text("reportingController")));
        var host = Or(item.Text("source", "host"), Or(item.Text("deprecatedSource", "host"), item.Text("reportingInstance")));
        cells.Text(HumanDuration.Since(last, row.Now)).Text(item.Text("type")).Text(item.Text("reason")).Text(name.Length > 0 ? $"{kind}/{name}" : kind)
            .Text(about.Text("fieldPath")).Text(host.Length > 0 ? $"{component}, {host}" : component).Text(Or(item.Text("message"), item.Text("note")).Trim())
            .Text(HumanDuration.Since(first, row.Now)).Number(count).Text(row.Name);
    }
}
