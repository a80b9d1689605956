using System.Text.Json;

namespace Dovetail.Machinery.Tables;

internal static class StorageTables
{
    private const string DefaultClass = "storageclass.kubernetes.io/is-default-class";

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
                .Text(bound ? claim.Text("status", "capacity", "storage") : "").Text(bound ? AccessModes(claim.At("status", "accessModes")) : "").Text(claim.Text("spec", "storageClassName"))
                .Text(CoreTables.Or(claim.Text("spec", "volumeAttributesClassName"), "<unset>")).Text(row.Age).Text(CoreTables.Or(claim.Text("spec", "volumeMode"), "<unset>"));
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
            cells.Text(row.Name).Text(volume.Text("spec", "capacity", "storage")).Text(AccessModes(volume.At("spec", "accessModes"))).Text(volume.Text("spec", "persistentVolumeReclaimPolicy"))
                .Text(volume.Has("metadata", "deletionTimestamp") ? "Terminating" : volume.Text("status", "phase"))
                .Text(claim.ValueKind == JsonValueKind.Object ? $"{claim.Text("namespace")}/{claim.Text("name")}" : "").Text(volume.Text("spec", "storageClassName"))
                .Text(CoreTables.Or(volume.Text("spec", "volumeAttributesClassName"), "<unset>")).Text(volume.Text("status", "reason")).Text(row.Age)
                .Text(CoreTables.Or(volume.Text("spec", "volumeMode"), "<unset>"));
        });

    public static TableDefinition StorageClasses { get; } = new(
        [TableColumn.ObjectName, new("Provisioner"), new("ReclaimPolicy"), new("VolumeBindingMode"), new("AllowVolumeExpansion", "boolean"), TableColumn.Age],
        static (row, cells) =>
        {
            var item = row.Object;
            var isDefault = item.At("metadata", "annotations").Text(DefaultClass) == "true";
            cells.Text(isDefault ? row.Name + " (default)" : row.Name).Text(item.Text("provisioner")).Text(CoreTables.Or(item.Text("reclaimPolicy"), "Delete"))
                .Text(CoreTables.Or(item.Text("volumeBindingMode"), "<unset>")).Boolean(item.Flag("allowVolumeExpansion")).Text(row.Age);
        });

    private static string AccessModes(JsonElement modes)
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
