using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.StorageProtection;

/// <summary>Holds a deleted PersistentVolumeClaim until no pod that has been placed uses it. (A pod without a node will not get one with a claim that goes.)</summary>
public sealed class ClaimProtection(IKubeApi api, IResourceCache<V1PersistentVolumeClaim> claims, IResourceCache<V1Pod> pods) : IReconciler<NamespacedName>
{
    public const string Finalizer = "kubernetes.io/pvc-protection";

    /// <summary>Index of pods by the claims that they use.</summary>
    public const string ByClaim = "claim";

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (claims.Find(key.Namespace, key.Name) is not { } claim) return Outcome.Done;
        if (ProtectionFinalizer.Wanted(claim.Metadata, Finalizer, Used(key)) is { } finalizers)
            await api.PatchAsync(BuiltInTypes.PersistentVolumeClaims, key.Namespace, key.Name, ProtectionFinalizer.PatchType, ProtectionFinalizer.Patch(claim.Metadata, finalizers), new(), "", ct);
        return Outcome.Done;
    }

    /// <summary>The claims that a pod uses: those that it names, and those of its ephemeral volumes.</summary>
    public static IEnumerable<NamespacedName> ClaimsOf(V1Pod pod) => (pod.Spec?.Volumes ?? [])
        .Select(volume => volume.PersistentVolumeClaim?.ClaimName ?? (volume.Ephemeral is null ? null : $"{pod.Metadata.Name}-{volume.Name}"))
        .Where(name => name is not null)
        .Select(name => new NamespacedName(pod.Metadata.NamespaceProperty, name!));

    private bool Used(NamespacedName claim) => pods.ByIndex(ByClaim, claim.ToString()).Any(pod => !string.IsNullOrEmpty(pod.Spec?.NodeName));
}
