using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Claims name what they are filled from in one of two fields: an old one that takes claims and snapshots only, and a new one. Each is filled in from the other.</summary>
internal sealed class ClaimStrategy : ResourceStrategy
{
    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        base.PrepareForCreate(resource, obj);
        if (obj.Child("spec") is not { } spec) return;
        if (spec.Child("dataSource") is { } source && !IsKnown(source)) spec.Remove("dataSource");
        if (spec["dataSource"] is { } old && spec["dataSourceRef"] is null) spec["dataSourceRef"] = old.DeepClone();
        else if (spec["dataSource"] is null && spec.Child("dataSourceRef") is { } reference && reference.Text("namespace").Length == 0 && IsKnown(reference)) spec["dataSource"] = reference.DeepClone();
    }

    private static bool IsKnown(JsonObject source) => (source.Text("apiGroup"), source.Text("kind")) is ("", "PersistentVolumeClaim") or ("snapshot.storage.k8s.io", "VolumeSnapshot");
}
