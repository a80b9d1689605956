using System.Globalization;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

internal static class PodTable
{
    // Clients may leave completed rows out.
    private static readonly byte[] Succeeded = """[{"type":"Completed","status":"True","reason":"Succeeded","message":"The pod has completed successfully."}]"""u8.ToArray();
    private static readonly byte[] Failed = """[{"type":"Completed","status":"True","reason":"Failed","message":"The pod failed."}]"""u8.ToArray();

    public static TableDefinition Definition { get; } = new(
        [
            TableColumn.ObjectName, new("Ready"), new("Status"), new("Restarts"), TableColumn.Age, TableColumn.Wide("IP"), TableColumn.Wide("Node"),
            TableColumn.Wide("Nominated Node"), TableColumn.Wide("Readiness Gates"),
        ],
        static (row, cells) =>
        {
            var pod = row.Object;
            var summary = PodSummary.Of(pod);
            cells.Text(row.Name).Text(string.Create(CultureInfo.InvariantCulture, $"{summary.Ready}/{summary.Containers}")).Text(summary.Status).Text(Restarts(summary, row.Now)).Text(row.Age)
                .Text(Ip(pod)).Text(Cells.Or(pod.Text("spec", "nodeName"), "<none>")).Text(Cells.Or(pod.Text("status", "nominatedNodeName"), "<none>")).Text(Gates(pod));
        })
    {
        Conditions = static pod => pod.Text("status", "phase") switch
        {
            "Succeeded" => Succeeded,
            "Failed" => Failed,
            _ => [],
        },
    };

    private static string Restarts(PodSummary summary, DateTimeOffset now)
    {
        var text = summary.Restarts.ToString(CultureInfo.InvariantCulture);
        return summary.Restarts > 0 && summary.LastRestart.Length > 0 ? $"{text} ({HumanDuration.Since(summary.LastRestart, now)} ago)" : text;
    }

    private static string Ip(CompactValue pod)
    {
        foreach (var address in pod.Items("status", "podIPs")) return address.Text("ip");
        return Cells.Or(pod.Text("status", "podIP"), "<none>");
    }

    private static string Gates(CompactValue pod)
    {
        var total = pod.Count("spec", "readinessGates");
        if (total == 0) return "<none>";
        var open = 0;
        foreach (var gate in pod.Items("spec", "readinessGates"))
            if (Cells.Condition(pod, gate.Text("conditionType")).Text("status") == "True") open++;
        return string.Create(CultureInfo.InvariantCulture, $"{open}/{total}");
    }
}
