namespace Dovetail.Workloads.Identity;

/// <summary>What only the holder of the cluster's keys can make.</summary>
public interface ICredentialIssuer
{
    /// <summary>The certificate, as PEM, by which clients know this API server.</summary>
    string RootCertificate { get; }

    /// <summary>The token that a Secret of type <c>kubernetes.io/service-account-token</c> holds.</summary>
    string TokenForSecret(string ns, string account, string accountUid, string secret);

    /// <summary>Certifies what a certificate signing request (PKCS #10, PEM) asks for; its subject and its alternative names are taken over as they are.</summary>
    /// <param name="request">The request.</param>
    /// <param name="usages">As <c>certificates.k8s.io/v1</c> names them: <c>client auth</c>, <c>digital signature</c>, …</param>
    /// <param name="lifetime">How long it counts, cut to the authority's own.</param>
    /// <returns>The certificate as PEM.</returns>
    byte[] Certify(ReadOnlyMemory<byte> request, IReadOnlyCollection<string> usages, TimeSpan lifetime);
}
