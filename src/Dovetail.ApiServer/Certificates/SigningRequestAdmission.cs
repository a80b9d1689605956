using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Certificates;

/// <summary>
/// Writes into a new request who makes it, and looks who approves and who signs: upstream's plugins CertificateApproval, CertificateSigning and CertificateSubjectRestriction.
/// Both take a right to the signer, by its name or by its domain (<c>example.com/*</c>).
/// </summary>
internal sealed class SigningRequestAdmission(IAuthorizer authorizer, TimeProvider time) : IAdmissionPlugin
{
    private const string Group = "certificates.k8s.io";
    private const string ClientSigner = "kubernetes.io/kube-apiserver-client";

    public bool Handles(string group, string resource, string subresource, AdmissionOperation operation) =>
        group == Group && resource == "certificatesigningrequests" && operation is AdmissionOperation.Create or AdmissionOperation.Update;

    public ValueTask<AdmissionResult> MutateAsync(AdmissionRequest request, CancellationToken ct)
    {
        if (request.OldObject is null) Sign(request.Object!, request.Target.User);
        else Date(request.Object!, request.OldObject);
        return new(AdmissionResult.Allowed);
    }

    public ValueTask<AdmissionResult> ValidateAsync(AdmissionRequest request, CancellationToken ct)
    {
        var problem = (request.Target.Subresource, request.OldObject) switch
        {
            ("approval", { } old) => MayNot("approve", request.Target.User, old),
            ("status", { } old) when !JsonNode.DeepEquals(old.Child("status"), request.Object!.Child("status")) => MayNot("sign", request.Target.User, old),
            ("", null) => SubjectProblem(request.Object!),
            _ => null,
        };
        return new(problem is null ? AdmissionResult.Allowed : AdmissionResult.Refused(Refusals.Forbidden(Group, request.Target.Resource, request.Object!.Metadata().Text("name"), problem).Status));
    }

    private static void Sign(JsonObject csr, UserInfo user)
    {
        if (csr.Child("spec") is not { } spec) return;
        foreach (var field in new[] { "username", "uid", "groups", "extra" }) spec.Remove(field);
        spec["username"] = user.Name;
        var described = AccessReviews.Describe(user);
        foreach (var field in new[] { "uid", "groups", "extra" })
        {
            if (described[field] is { } value) spec[field] = value.DeepClone();
        }
    }

    /// <summary>Conditions say when they were written and when they came to be so.</summary>
    private void Date(JsonObject csr, JsonObject old)
    {
        var now = ObjectMeta.Timestamp(time.GetUtcNow());
        foreach (var condition in SigningRequestRules.Conditions(csr))
        {
            if (condition.Text("lastUpdateTime").Length == 0) condition["lastUpdateTime"] = now;
            if (condition.Text("lastTransitionTime").Length > 0) continue;
            var same = SigningRequestRules.Conditions(old).FirstOrDefault(c => c.Text("type") == condition.Text("type") && c.Text("status") == condition.Text("status"));
            condition["lastTransitionTime"] = same?.Text("lastTransitionTime") is { Length: > 0 } since ? since : now;
        }
    }

    private string? MayNot(string verb, UserInfo user, JsonObject old)
    {
        var signer = old.Child("spec")?.Text("signerName") ?? "";
        var request = new AccessRequest { User = user, Verb = verb, Group = Group, Resource = "signers", Name = signer };
        var domain = signer.Split('/')[0];
        if (authorizer.Decide(request).Allowed || authorizer.Decide(request with { Name = $"{domain}/*" }).Allowed) return null;
        return $"user not permitted to {verb} requests with signerName \"{signer}\"";
    }

    private static string? SubjectProblem(JsonObject csr)
    {
        var spec = csr.Child("spec") ?? [];
        if (spec.Text("signerName") != ClientSigner) return null;
        try
        {
            var parsed = SigningRequest.Parse(Convert.FromBase64String(spec.Text("request")));
            return parsed.Organizations.Contains(UserInfo.MastersGroup) ? $"use of {ClientSigner} signer with {UserInfo.MastersGroup} group is not allowed" : null;
        }
        catch (FormatException e)
        {
            return $"failed to parse CSR: {e.Message}";
        }
    }
}
