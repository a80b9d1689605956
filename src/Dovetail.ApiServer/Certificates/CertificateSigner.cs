using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.ApiServer.Security;

namespace Dovetail.ApiServer.Certificates;

/// <summary>Certifies what signing requests ask for, as kube-controller-manager's signers do.</summary>
public sealed class CertificateSigner(CertificateAuthority authority, TimeProvider time)
{
    // The clock of whoever gets it may be behind; a short certificate loses nothing of its life for it.
    private static readonly TimeSpan Backdate = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Short = TimeSpan.FromHours(8);

    private static readonly Dictionary<string, X509KeyUsageFlags> KeyUsages = new(StringComparer.Ordinal)
    {
        ["signing"] = X509KeyUsageFlags.DigitalSignature,
        ["digital signature"] = X509KeyUsageFlags.DigitalSignature,
        ["content commitment"] = X509KeyUsageFlags.NonRepudiation,
        ["key encipherment"] = X509KeyUsageFlags.KeyEncipherment,
        ["key agreement"] = X509KeyUsageFlags.KeyAgreement,
        ["data encipherment"] = X509KeyUsageFlags.DataEncipherment,
        ["cert sign"] = X509KeyUsageFlags.KeyCertSign,
        ["crl sign"] = X509KeyUsageFlags.CrlSign,
        ["encipher only"] = X509KeyUsageFlags.EncipherOnly,
        ["decipher only"] = X509KeyUsageFlags.DecipherOnly,
    };

    private static readonly Dictionary<string, string> ExtendedUsages = new(StringComparer.Ordinal)
    {
        ["any"] = "2.5.29.37.0",
        ["server auth"] = "1.3.6.1.5.5.7.3.1",
        ["client auth"] = "1.3.6.1.5.5.7.3.2",
        ["code signing"] = "1.3.6.1.5.5.7.3.3",
        ["email protection"] = "1.3.6.1.5.5.7.3.4",
        ["s/mime"] = "1.3.6.1.5.5.7.3.4",
        ["ipsec end system"] = "1.3.6.1.5.5.7.3.5",
        ["ipsec tunnel"] = "1.3.6.1.5.5.7.3.6",
        ["ipsec user"] = "1.3.6.1.5.5.7.3.7",
        ["timestamping"] = "1.3.6.1.5.5.7.3.8",
        ["ocsp signing"] = "1.3.6.1.5.5.7.3.9",
        ["microsoft sgc"] = "1.3.6.1.4.1.311.10.3.3",
        ["netscape sgc"] = "2.16.840.1.113730.4.1",
    };

    /// <returns>The certificate as PEM.</returns>
    public string Certify(SigningRequest request, IReadOnlyCollection<string> usages, TimeSpan lifetime)
    {
        var asked = new CertificateRequest(request.Request.SubjectName, request.Request.PublicKey, HashAlgorithmName.SHA256);
        asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        var keyUsage = usages.Aggregate(X509KeyUsageFlags.None, (flags, usage) => flags | KeyUsages.GetValueOrDefault(usage));
        if (keyUsage != X509KeyUsageFlags.None) asked.CertificateExtensions.Add(new X509KeyUsageExtension(keyUsage, critical: true));
        var extended = new OidCollection();
        foreach (var oid in usages.Select(u => ExtendedUsages.GetValueOrDefault(u)).OfType<string>().Distinct()) extended.Add(new Oid(oid));
        if (extended.Count > 0) asked.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(extended, critical: false));
        asked.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority.Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (request.Alternatives is { } names) asked.CertificateExtensions.Add(new X509Extension(names, names.Critical));
        var now = time.GetUtcNow();
        var end = now + lifetime - (lifetime < Short ? TimeSpan.Zero : Backdate);
        if (end > authority.Certificate.NotAfter) end = authority.Certificate.NotAfter;
        using var key = authority.Certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException("the authority has no key");
        var start = now - Backdate > authority.Certificate.NotBefore ? now - Backdate : authority.Certificate.NotBefore;
        using var made = asked.Create(authority.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), start, end, RandomNumberGenerator.GetBytes(16));
        return made.ExportCertificatePem() + "\n";
    }
}
