using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.StorageProtection;

/// <summary>Gives claims that were made before there was a default StorageClass the default one, as long as they are not bound (upstream: RetroactiveDefaultStorageClass).</summary>
public sealed class LateStorageClass(IKubeApi api, IResourceCache<V1PersistentVolumeClaim> claims, IResourceCache<V1StorageClass> classes) : IReconciler<NamespacedName>
{
    private static readonly string[] DefaultMarks = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (claims.Find(key.Namespace, key.Name) is not { } claim || !Waits(claim) || Default() is not { } chosen) return Outcome.Done;
        var patch = new MergePatchBuilder().AtRevision(claim.Metadata.ResourceVersion).Set(["spec", "storageClassName"], chosen).Build();
        await api.PatchAsync(BuiltInTypes.PersistentVolumeClaims, key.Namespace, key.Name, PatchType.Merge, patch, new WriteOptions(), "", ct);
        return Outcome.Done;
    }

    private static bool Waits(V1PersistentVolumeClaim claim) =>
        claim.Metadata.DeletionTimestamp is null
        && claim.Spec?.StorageClassName is null
        && string.IsNullOrEmpty(claim.Spec?.VolumeName)
        && claim.Metadata.Annotations?.ContainsKey("volume.beta.kubernetes.io/storage-class") != true;

    private string? Default() => classes.List()
        .Where(one => DefaultMarks.Any(mark => one.Metadata.Annotations?.TryGetValue(mark, out var marked) == true && marked == "true"))
        .OrderByDescending(one => one.Metadata.CreationTimestamp)
        .ThenBy(one => one.Metadata.Name, StringComparer.Ordinal)
        .FirstOrDefault()?.Metadata.Name;
}
