using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Certificates;

/// <summary>Takes requests away that are settled for an hour or wait for a day.</summary>
public sealed class RequestCleaner(IKubeApi api, IResourceCache<V1CertificateSigningRequest> requests, TimeProvider time) : IReconciler<NamespacedName>
{
    private static readonly TimeSpan Settled = TimeSpan.FromHours(1);
    private static readonly TimeSpan Waiting = TimeSpan.FromHours(24);

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (requests.Find("", key.Name) is not { Metadata.DeletionTimestamp: null } csr) return Outcome.Done;
        var left = Decide(csr, time.GetUtcNow().UtcDateTime);
        if (left > TimeSpan.Zero) return Outcome.RequeueAfter(left);
        await api.DeleteAsync(BuiltInTypes.CertificateSigningRequests, "", key.Name, new DeleteOptions { PreconditionUid = csr.Metadata.Uid }, ct);
        return Outcome.Done;
    }

    /// <summary>How long the request stays; nothing or less: its time has come.</summary>
    public static TimeSpan Decide(V1CertificateSigningRequest csr, DateTime now)
    {
        var end = (csr.Metadata.CreationTimestamp ?? now) + Waiting;
        var conditions = csr.Status?.Conditions ?? [];
        if (conditions.Count > 0) end = DateTime.MaxValue;
        foreach (var condition in conditions)
        {
            var since = condition.LastUpdateTime ?? now;
            var issued = SigningRequestFacts.IsIssued(csr);
            var until = condition.Type switch
            {
                "Denied" or "Failed" => since + Settled,
                "Approved" => issued ? Earlier(since + Settled, Expiry(csr)) : since + Waiting,
                _ => DateTime.MaxValue,
            };
            end = Earlier(end, until);
        }

        // Conditions of others say nothing about the end; they are looked at again when they change.
        return end == DateTime.MaxValue ? Waiting : end - now;
    }

    private static DateTime Earlier(DateTime a, DateTime b) => a < b ? a : b;

    private static DateTime Expiry(V1CertificateSigningRequest csr)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(csr.Status.Certificate));
            return certificate.NotAfter.ToUniversalTime();
        }
        catch (CryptographicException)
        {
            // What another signer wrote there does not end.
            return DateTime.MaxValue;
        }
    }
}
