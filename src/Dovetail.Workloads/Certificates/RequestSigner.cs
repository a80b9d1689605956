using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Identity;
using k8s.Models;

namespace Dovetail.Workloads.Certificates;

/// <summary>Certifies approved requests of Kubernetes' own signers; one that its signer cannot certify gets the condition Failed.</summary>
public sealed class RequestSigner(IKubeApi api, IResourceCache<V1CertificateSigningRequest> requests, ICredentialIssuer issuer, TimeProvider time) : IReconciler<NamespacedName>
{
    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (requests.Find("", key.Name) is not { Metadata.DeletionTimestamp: null } csr || !SignerPlanner.IsOurs(csr.Spec.SignerName)) return Outcome.Done;
        if (!SigningRequestFacts.Has(csr, "Approved") || SigningRequestFacts.Has(csr, "Denied") || SigningRequestFacts.Has(csr, "Failed") || SigningRequestFacts.IsIssued(csr)) return Outcome.Done;
        var changed = BuiltInTypes.CertificateSigningRequests.Copy(csr);
        changed.Status ??= new V1CertificateSigningRequestStatus();
        string[] usages = [.. csr.Spec.Usages ?? []];
        if (SignerPlanner.Problem(csr.Spec.SignerName, SigningRequestFacts.Of(csr), [.. usages]) is { } problem) changed.Status.Conditions = [.. changed.Status.Conditions ?? [], Failed(problem)];
        else changed.Status.Certificate = issuer.Certify(csr.Spec.Request, usages, SignerPlanner.Lifetime(csr.Spec.ExpirationSeconds));
        await api.ReplaceAsync(BuiltInTypes.CertificateSigningRequests, changed, "status", ct);
        return Outcome.Done;
    }

    private V1CertificateSigningRequestCondition Failed(string problem) =>
        new() { Type = "Failed", Status = "True", Reason = "SignerValidationFailure", Message = problem, LastUpdateTime = time.GetUtcNow().UtcDateTime };
}
