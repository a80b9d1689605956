using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Dovetail.Machinery.Tables;

/// <summary>The tables of Kubernetes' own kinds, with the columns that kubectl's users know.</summary>
public static class BuiltInTables
{
    private static readonly FrozenDictionary<string, TableDefinition> ByResource = new Dictionary<string, TableDefinition>(StringComparer.Ordinal)
    {
        ["namespaces"] = CoreTables.Namespaces,
        ["pods"] = PodTable.Definition,
        ["nodes"] = NodeTable.Definition,
        ["secrets"] = CoreTables.Secrets,
        ["configmaps"] = CoreTables.ConfigMaps,
        ["events"] = CoreTables.Events,
        ["events.events.k8s.io"] = CoreTables.Events,
        ["serviceaccounts"] = CoreTables.ServiceAccounts,
        ["services"] = CoreTables.Services,
        ["persistentvolumeclaims"] = StorageTables.PersistentVolumeClaims,
        ["persistentvolumes"] = StorageTables.PersistentVolumes,
        ["storageclasses.storage.k8s.io"] = StorageTables.StorageClasses,
        ["deployments.apps"] = WorkloadTables.Deployments,
        ["daemonsets.apps"] = WorkloadTables.DaemonSets,
        ["replicasets.apps"] = WorkloadTables.ReplicaSets,
        ["statefulsets.apps"] = WorkloadTables.StatefulSets,
        ["controllerrevisions.apps"] = WorkloadTables.ControllerRevisions,
        ["leases.coordination.k8s.io"] = CoreTables.Leases,
        ["priorityclasses.scheduling.k8s.io"] = CoreTables.PriorityClasses,
        ["runtimeclasses.node.k8s.io"] = CoreTables.RuntimeClasses,
        ["apiservices.apiregistration.k8s.io"] = CoreTables.ApiServices,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Name and creation time: kinds without columns of their own, CustomResourceDefinitions among them.</summary>
    public static TableDefinition Default { get; } = new(
        [TableColumn.ObjectName, new TableColumn("Created At", "date", Description: "When the object was created.")],
        static (row, cells) => cells.Text(row.Name).Text(row.Object.Text("metadata", "creationTimestamp")));

    /// <summary>The table of a resource ("" is the core group's name); <see cref="Default"/> when it has no columns of its own.</summary>
    public static TableDefinition Find(string group, string plural) =>
        ByResource.GetValueOrDefault(group.Length == 0 ? plural : $"{plural}.{group}", Default);

    /// <summary>Columns and cells of the plain kind, with name first and age last.</summary>
    internal static TableDefinition Simple(ImmutableArray<TableColumn> columns, Action<TableRow, CellWriter> fill) =>
        new([TableColumn.ObjectName, .. columns, TableColumn.Age], (row, cells) =>
        {
            cells.Text(row.Name);
            fill(row, cells);
            cells.Text(row.Age);
        });
}
