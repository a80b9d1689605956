using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Certificates;

/// <summary>Approves a node's request for its client certificate, when whoever made it has the right to (<c>certificatesigningrequests/selfnodeclient</c>, <c>/nodeclient</c>).</summary>
public sealed class RequestApprover(IKubeApi api, IResourceCache<V1CertificateSigningRequest> requests) : IReconciler<NamespacedName>
{
    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (requests.Find("", key.Name) is not { Metadata.DeletionTimestamp: null } csr) return Outcome.Done;
        if (csr.Spec.SignerName != SignerPlanner.KubeletClient || SigningRequestFacts.IsIssued(csr) || SigningRequestFacts.Has(csr, "Approved") || SigningRequestFacts.Has(csr, "Denied")) return Outcome.Done;
        var facts = SigningRequestFacts.Of(csr);
        if (SignerPlanner.Problem(csr.Spec.SignerName, facts, [.. csr.Spec.Usages ?? []]) is not null) return Outcome.Done;
        if (csr.Spec.Username == facts.CommonName && await MayAsync(csr, "selfnodeclient", ct)) await ApproveAsync(csr, "Auto approving self kubelet client certificate after SubjectAccessReview.", ct);
        else if (await MayAsync(csr, "nodeclient", ct)) await ApproveAsync(csr, "Auto approving kubelet client certificate after SubjectAccessReview.", ct);
        return Outcome.Done;
    }

    private async Task<bool> MayAsync(V1CertificateSigningRequest csr, string subresource, CancellationToken ct)
    {
        var review = new V1SubjectAccessReview
        {
            Metadata = new V1ObjectMeta(),
            Spec = new V1SubjectAccessReviewSpec
            {
                User = csr.Spec.Username,
                Uid = csr.Spec.Uid,
                Groups = csr.Spec.Groups,
                Extra = csr.Spec.Extra,
                ResourceAttributes = new V1ResourceAttributes { Group = "certificates.k8s.io", Resource = "certificatesigningrequests", Verb = "create", Subresource = subresource, Version = "*" },
            },
        };
        return (await api.CreateAsync(BuiltInTypes.SubjectAccessReviews, review, ct)).Status?.Allowed == true;
    }

    private Task ApproveAsync(V1CertificateSigningRequest csr, string message, CancellationToken ct)
    {
        var approved = BuiltInTypes.CertificateSigningRequests.Copy(csr);
        approved.Status ??= new V1CertificateSigningRequestStatus();
        approved.Status.Conditions = [.. approved.Status.Conditions ?? [], new V1CertificateSigningRequestCondition { Type = "Approved", Status = "True", Reason = "AutoApproved", Message = message }];
        return api.ReplaceAsync(BuiltInTypes.CertificateSigningRequests, approved, "approval", ct);
    }
}
