using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

internal static class StorageTables
{
    private const string DefaultClass = "storageclass.kubernetes.io/is-default-class";
    private const string BetaDefaultClass = "storageclass.beta.kubernetes.io/is-default-class";

    /// <summary>The class of a volume or claim before there was a field; it still counts before the field.</summary>
    private const string BetaClass = "volume.beta.kubernetes.io/storage-class";

    public static TableDefinition PersistentVolumeClaims { get; } = new(
        [
            TableColumn.ObjectName, new("Status"), new("Volume"), new("Capacity"), new("Access Modes"), new("StorageClass"), new("VolumeAttributesClass"), TableColumn.Age,
            TableColumn.Wide("VolumeMode"),
        ],
        static (row, cells) =>
        {
            var claim = row.Object;
            var bound = claim.Text("spec", "volumeName").Length > 0;
            cells.Text(row.Name).Text(claim.Has("metadata", "deletionTimestamp") ? "Terminating" : claim.Text("status", "phase")).Text(claim.Text("spec", "volumeName"))
                .Text(bound ? Cells.Quantity(claim, "status", "capacity", "storage") : "").Text(bound ? AccessModes(claim.At("status", "accessModes")) : "").Text(Class(claim))
                .Text(Cells.OrAbsent(claim, Cells.Unset, "spec", "volumeAttributesClassName")).Text(row.Age).Text(Cells.OrAbsent(claim, Cells.Unset, "spec", "volumeMode"));
        });

    public static TableDefinition PersistentVolumes { get; } = new(
        [
            TableColumn.ObjectName, new("Capacity"), new("Access Modes"), new("Reclaim Policy"), new("Status"), new("Claim"), new("StorageClass"), new("VolumeAttributesClass"), new("Reason"),
            TableColumn.Age, TableColumn.Wide("VolumeMode"),
        ],
        static (row, cells) =>
        {
            var volume = row.Object;
            var claim = volume.At("spec", "claimRef");
            cells.Text(row.Name).Text(Cells.Quantity(volume, "spec", "capacity", "storage")).Text(AccessModes(volume.At("spec", "accessModes"))).Text(volume.Text("spec", "persistentVolumeReclaimPolicy"))
                .Text(volume.Has("metadata", "deletionTimestamp") ? "Terminating" : volume.Text("status", "phase"))
                .Text(claim.ValueKind == JsonValueKind.Object ? $"{claim.Text("namespace")}/{claim.Text("name")}" : "").Text(Class(volume))
                .Text(Cells.OrAbsent(volume, Cells.Unset, "spec", "volumeAttributesClassName")).Text(volume.Text("status", "reason")).Text(row.Age)
                .Text(Cells.OrAbsent(volume, Cells.Unset, "spec", "volumeMode"));
        });

    public static TableDefinition StorageClasses { get; } = new(
        [TableColumn.ObjectName, new("Provisioner"), new("ReclaimPolicy"), new("VolumeBindingMode"), new("AllowVolumeExpansion"), TableColumn.Age],
        static (row, cells) =>
        {
            var item = row.Object;
            var annotations = item.At("metadata", "annotations");
            var isDefault = annotations.Text(DefaultClass) == "true" || annotations.Text(BetaDefaultClass) == "true";
            cells.Text(isDefault ? row.Name + " (default)" : row.Name).Text(item.Text("provisioner")).Text(Cells.Or(item.Text("reclaimPolicy"), "Delete"))
                .Text(Cells.Or(item.Text("volumeBindingMode"), "Immediate")).Boolean(item.Flag("allowVolumeExpansion")).Text(row.Age);
        });

    public static TableDefinition VolumeAttachments { get; } = BuiltInTables.Simple(
        [
            new("Attacher", Format: "name", Description: "The driver that attaches."), new("PV", Description: "The volume."), new("Node", Description: "Where it is attached."),
            new("Attached", "boolean", Description: "Whether it is attached."),
        ],
        static (row, cells) => cells.Text(row.Object.Text("spec", "attacher")).Text(row.Object.Text("spec", "source", "persistentVolumeName")).Text(row.Object.Text("spec", "nodeName"))
            .Boolean(row.Object.Flag("status", "attached")));

    public static TableDefinition VolumeAttributesClasses { get; } = BuiltInTables.Simple(
        [new("DriverName", Description: "The driver that knows the attributes.")],
        static (row, cells) => cells.Text(row.Object.Text("driverName")));

    public static TableDefinition CsiNodes { get; } = BuiltInTables.Simple(
        [new("Drivers", "integer", Description: "Drivers on the node.")],
        static (row, cells) => cells.Number(row.Object.Count("spec", "drivers")));

    public static TableDefinition CsiDrivers { get; } = BuiltInTables.Simple(
        [
            new("AttachRequired", "boolean", Description: "Whether volumes are attached before they are mounted."), new("PodInfoOnMount", "boolean", Description: "Whether the driver hears of the pod."),
            new("StorageCapacity", "boolean", Description: "Whether the driver says how much room there is."), new("TokenRequests", Description: "Audiences of the tokens that it gets."),
            new("RequiresRepublish", "boolean", Description: "Whether it is called again and again."), new("Modes", Description: "Volumes that it serves."),
        ],
        static (row, cells) =>
        {
            var spec = row.Object.At("spec");
            var audiences = new List<string>();
            foreach (var request in spec.Items("tokenRequests")) audiences.Add(request.Text("audience"));
            cells.Boolean(!spec.Has("attachRequired") || spec.Flag("attachRequired")).Boolean(spec.Flag("podInfoOnMount")).Boolean(spec.Flag("storageCapacity"))
                .Text(spec.Has("tokenRequests") ? string.Join(",", audiences) : Cells.Unset).Boolean(spec.Flag("requiresRepublish")).Text(Cells.Or(Cells.Join(spec, "volumeLifecycleModes"), Cells.None));
        });

    private static string Class(CompactValue item)
    {
        var old = item.At("metadata", "annotations");
        return old.Has(BetaClass) ? old.Text(BetaClass) : item.Text("spec", "storageClassName");
    }

    private static string AccessModes(CompactValue modes)
    {
        var known = new List<string>();
        foreach (var (mode, letters) in new[] { ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP") })
            foreach (var item in modes.Items())
                if (item.GetString() == mode)
                {
                    known.Add(letters);
                    break;
                }

        return string.Join(",", known);
    }
}
