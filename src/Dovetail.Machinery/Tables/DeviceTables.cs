using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>resource.k8s.io.</summary>
internal static class DeviceTables
{
    public static TableDefinition NameAndAge { get; } = BuiltInTables.Simple([], static (_, _) => { });

    public static TableDefinition ResourceClaims { get; } = BuiltInTables.Simple(
        [new("State", Description: "Pending, allocated, reserved, deleted.")],
        static (row, cells) => cells.Text(State(row.Object)));

    public static TableDefinition ResourceSlices { get; } = BuiltInTables.Simple(
        [new("Node", Description: "The node that has the devices."), new("Driver", Description: "Who offers them."), new("Pool", Description: "The pool that they belong to.")],
        static (row, cells) => cells.Text(row.Object.Text("spec", "nodeName")).Text(row.Object.Text("spec", "driver")).Text(row.Object.Text("spec", "pool", "name")));

    private static string State(CompactValue claim)
    {
        var deleted = claim.Has("metadata", "deletionTimestamp");
        if (!claim.Has("status", "allocation")) return deleted ? "deleted" : "pending";
        var state = claim.Count("status", "reservedFor") > 0 ? "allocated,reserved" : "allocated";
        return deleted ? $"deleted,{state}" : state;
    }
}
