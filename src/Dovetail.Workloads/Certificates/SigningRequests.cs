using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;

namespace Dovetail.Workloads.Certificates;

/// <summary>What the controllers of CertificateSigningRequests know of one: its state, and what is in the request itself.</summary>
/// <param name="CommonName">The subject's.</param>
/// <param name="Organizations">The subject's.</param>
/// <param name="AlternativeKinds">Kinds of alternative names: 1 e-mail, 2 DNS, 6 URI, 7 IP address (RFC 5280).</param>
public sealed record SigningRequestFacts(string CommonName, ImmutableArray<string> Organizations, ImmutableHashSet<int> AlternativeKinds)
{
    /// <exception cref="FormatException">It cannot be read.</exception>
    public static SigningRequestFacts Of(V1CertificateSigningRequest csr)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequestPem(
                Encoding.ASCII.GetString(csr.Spec.Request), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
            var names = request.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false).Where(part => !part.HasMultipleElements)
                .Select(part => (Oid: part.GetSingleElementType().Value, Value: part.GetSingleElementValue() ?? "")).ToArray();
            return new(
                names.LastOrDefault(n => n.Oid == "2.5.4.3").Value ?? "",
                [.. names.Where(n => n.Oid == "2.5.4.10").Select(n => n.Value)],
                Kinds(request.CertificateExtensions.FirstOrDefault(e => e.Oid?.Value == "2.5.29.17")));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or AsnContentException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    public static bool Has(V1CertificateSigningRequest csr, string condition) => csr.Status?.Conditions?.Any(c => c.Type == condition) == true;

    public static bool IsIssued(V1CertificateSigningRequest csr) => csr.Status?.Certificate is { Length: > 0 };

    private static ImmutableHashSet<int> Kinds(X509Extension? alternatives)
    {
        if (alternatives is null) return [];
        var kinds = ImmutableHashSet.CreateBuilder<int>();
        var names = new AsnReader(alternatives.RawData, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            kinds.Add(names.PeekTag().TagValue);
            names.ReadEncodedValue();
        }

        return kinds.ToImmutable();
    }
}
