using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Identity;

/// <summary>Every namespace has the service account <c>default</c>. The key is the namespace.</summary>
public sealed class DefaultServiceAccounts(IKubeApi api, IResourceCache<V1Namespace> namespaces, IResourceCache<V1ServiceAccount> accounts) : IReconciler<NamespacedName>
{
    public const string Name = "default";

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (namespaces.Find("", key.Name) is not { Metadata.DeletionTimestamp: null } || accounts.Find(key.Name, Name) is not null) return Outcome.Done;
        try
        {
            await api.CreateAsync(BuiltInTypes.ServiceAccounts, new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = Name, NamespaceProperty = key.Name } }, ct);
        }
        catch (StatusException late) when (late.Status.Reason is "AlreadyExists" or "NotFound" or "Forbidden")
        {
            // Somebody was faster, or the namespace goes: what came then is the caches' next event.
        }

        return Outcome.Done;
    }
}
