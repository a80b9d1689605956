using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Quantities;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>A claim that names no class gets the default one. ("" as a class is a name: it means none.)</summary>
internal sealed class DefaultStorageClassPlugin(IRevisionStore store) : BuiltInPlugin("", "persistentvolumeclaims", AdmissionOperation.Create)
{
    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        if (VolumeClaims.NamesClass(obj)) return null;
        var found = DefaultClass.Find(store, "storageclasses.storage.k8s.io", "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class");
        if (found is not null) Spec(obj)["storageClassName"] = found;
        return null;
    }
}

/// <summary>Volumes and claims get a finalizer that holds them while they are used; controllers take it away.</summary>
internal sealed class StorageObjectInUsePlugin : BuiltInPlugin
{
    private readonly string finalizer;

    private StorageObjectInUsePlugin(string group, string resource, string finalizer)
        : base(group, resource, AdmissionOperation.Create) => this.finalizer = finalizer;

    public static ImmutableArray<StorageObjectInUsePlugin> All { get; } =
    [
        new("", "persistentvolumeclaims", "kubernetes.io/pvc-protection"),
        new("", "persistentvolumes", "kubernetes.io/pv-protection"),
    ];

    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        var metadata = obj.Metadata();
        if (metadata.Strings("finalizers").Contains(finalizer)) return null;
        var finalizers = metadata["finalizers"] as JsonArray ?? [];
        finalizers.Add((JsonNode)finalizer);
        metadata["finalizers"] = finalizers;
        return null;
    }
}

/// <summary>A claim grows only when it is bound and its class allows it.</summary>
internal sealed class VolumeClaimResizePlugin(IRevisionStore store) : BuiltInPlugin("", "persistentvolumeclaims", AdmissionOperation.Update)
{
    protected override string? Validate(JsonObject obj, AdmissionRequest request)
    {
        var old = request.OldObject!;
        if (VolumeClaims.Size(obj).CompareTo(VolumeClaims.Size(old)) <= 0) return null;
        if (old.Child("status")?.Text("phase") != "Bound") return "Only bound persistent volume claims can be expanded";
        var name = VolumeClaims.Class(obj);
        var allowed = name.Length > 0
            && name == VolumeClaims.Class(old)
            && store.Current.Find(new ObjectKey("storageclasses.storage.k8s.io", "", name)) is { } found
            && StoredJson.Text(found.Bytes, ["allowVolumeExpansion"]) == "true";
        return allowed ? null : "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
    }
}

/// <summary>What a PersistentVolumeClaim says about its class and size.</summary>
internal static class VolumeClaims
{
    private const string OldAnnotation = "volume.beta.kubernetes.io/storage-class";

    public static bool NamesClass(JsonObject claim) => claim.Metadata().Child("annotations")?.ContainsKey(OldAnnotation) == true || claim.Child("spec")?["storageClassName"] is not null;

    public static string Class(JsonObject claim) =>
        claim.Metadata().Child("annotations") is { } annotations && annotations.ContainsKey(OldAnnotation) ? annotations.Text(OldAnnotation) : claim.Child("spec")?.Text("storageClassName") ?? "";

    public static Quantity Size(JsonObject claim) =>
        Quantity.TryParse(claim.Child("spec")?.Child("resources")?.Child("requests")?.Text("storage"), out var size) ? size : Quantity.Zero;
}
