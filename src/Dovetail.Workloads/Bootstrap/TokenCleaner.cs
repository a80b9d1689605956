using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Bootstrap;

/// <summary>Takes bootstrap tokens away that have ended.</summary>
public sealed class TokenCleaner(IKubeApi api, IResourceCache<V1Secret> tokens, TimeProvider time) : IReconciler<NamespacedName>
{
    /// <summary>Timers do not reach further than weeks; the clock may be set meanwhile.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (tokens.Find(key.Namespace, key.Name) is not { Metadata.DeletionTimestamp: null, Type: BootstrapToken.Type } secret) return Outcome.Done;
        var (token, now) = (BootstrapToken.Of(secret), time.GetUtcNow());
        if (token.End is not { } end) return Outcome.Done;
        if (!token.HasEnded(now)) return Outcome.RequeueAfter(end - now < LongestWait ? end - now : LongestWait);
        try
        {
            await api.DeleteAsync(BuiltInTypes.Secrets, key.Namespace, key.Name, new DeleteOptions { PreconditionUid = secret.Metadata.Uid }, ct);
        }
        catch (StatusException changed) when (changed.Status.Reason == "Conflict")
        {
            // Another token has taken the name.
        }

        return Outcome.Done;
    }
}
