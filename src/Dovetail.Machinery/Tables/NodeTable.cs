using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

internal static class NodeTable
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static TableDefinition Definition { get; } = new(
        [
            TableColumn.ObjectName, new("Status"), new("Roles"), TableColumn.Age, new("Version"), TableColumn.Wide("Internal-IP"), TableColumn.Wide("External-IP"),
            TableColumn.Wide("OS-Image"), TableColumn.Wide("Kernel-Version"), TableColumn.Wide("Container-Runtime"),
        ],
        static (row, cells) =>
        {
            var node = row.Object;
            cells.Text(row.Name).Text(Status(node)).Text(Roles(node)).Text(row.Age).Text(node.Text("status", "nodeInfo", "kubeletVersion"))
                .Text(Address(node, "InternalIP")).Text(Address(node, "ExternalIP")).Text(Cells.Or(node.Text("status", "nodeInfo", "osImage"), "<unknown>"))
                .Text(Kernel(node))
                .Text(Cells.Or(node.Text("status", "nodeInfo", "containerRuntimeVersion"), "<unknown>"));
        });

    /// <summary>With the architecture, where that is known.</summary>
    private static string Kernel(CompactValue node)
    {
        var kernel = Cells.Or(node.Text("status", "nodeInfo", "kernelVersion"), "<unknown>");
        return node.Text("status", "nodeInfo", "architecture") is { Length: > 0 } architecture ? $"{kernel} ({architecture})" : kernel;
    }

    private static string Status(CompactValue node)
    {
        var ready = Cells.Condition(node, "Ready");
        var status = ready.ValueKind == JsonValueKind.Undefined ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady";
        return node.Flag("spec", "unschedulable") ? status + ",SchedulingDisabled" : status;
    }

    private static string Roles(CompactValue node)
    {
        var roles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var label in node.Entries("metadata", "labels"))
        {
            if (label.Name.StartsWith(RolePrefix, StringComparison.Ordinal) && label.Name.Length > RolePrefix.Length) roles.Add(label.Name[RolePrefix.Length..]);
            else if (label.Name == "kubernetes.io/role" && label.Value.GetString() is { Length: > 0 } role) roles.Add(role);
        }

        return roles.Count == 0 ? "<none>" : string.Join(",", roles);
    }

    private static string Address(CompactValue node, string type)
    {
        foreach (var address in node.Items("status", "addresses"))
            if (address.Text("type") == type) return address.Text("address");
        return "<none>";
    }
}
