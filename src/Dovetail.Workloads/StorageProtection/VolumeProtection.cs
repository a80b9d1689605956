using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.StorageProtection;

/// <summary>Holds a deleted PersistentVolume while it is bound.</summary>
public sealed class VolumeProtection(IKubeApi api, IResourceCache<V1PersistentVolume> volumes) : IReconciler<NamespacedName>
{
    public const string Finalizer = "kubernetes.io/pv-protection";

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (volumes.Find("", key.Name) is not { } volume) return Outcome.Done;
        if (ProtectionFinalizer.Wanted(volume.Metadata, Finalizer, volume.Status?.Phase == "Bound") is { } finalizers)
            await api.PatchAsync(BuiltInTypes.PersistentVolumes, "", key.Name, ProtectionFinalizer.PatchType, ProtectionFinalizer.Patch(volume.Metadata, finalizers), new(), "", ct);
        return Outcome.Done;
    }
}
