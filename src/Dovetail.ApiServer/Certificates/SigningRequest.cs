using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dovetail.ApiServer.Certificates;

/// <summary>A certificate signing request (PKCS #10) whose signature has been checked.</summary>
public sealed class SigningRequest
{
    private const string Begin = "-----BEGIN ";

    private SigningRequest(CertificateRequest request)
    {
        Request = request;
        foreach (var part in request.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements) continue;
            var value = part.GetSingleElementValue() ?? "";
            if (part.GetSingleElementType().Value == "2.5.4.3") CommonName = value;
            else if (part.GetSingleElementType().Value == "2.5.4.10") Organizations = Organizations.Add(value);
        }

        Alternatives = request.CertificateExtensions.FirstOrDefault(e => e.Oid?.Value == "2.5.29.17");
    }

    public string CommonName { get; } = "";

    public ImmutableArray<string> Organizations { get; } = [];

    /// <summary>The subject's alternative names as the request has them; null for none.</summary>
    public X509Extension? Alternatives { get; }

    internal CertificateRequest Request { get; }

    /// <exception cref="FormatException">It is none; the message is upstream's as far as upstream's is not a parser's.</exception>
    public static SigningRequest Parse(ReadOnlySpan<byte> pem)
    {
        var text = Encoding.ASCII.GetString(pem);
        var start = text.IndexOf(Begin, StringComparison.Ordinal);
        if (start < 0 || !text.AsSpan(start + Begin.Length).StartsWith("CERTIFICATE REQUEST-----")) throw new FormatException("PEM block type must be CERTIFICATE REQUEST");
        try
        {
            return new(CertificateRequest.LoadSigningRequestPem(text[start..], HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>Which kinds of alternative names there are: 1 e-mail, 2 DNS, 6 URI, 7 IP address (RFC 5280).</summary>
    /// <exception cref="FormatException">The extension is malformed.</exception>
    public ImmutableHashSet<int> AlternativeKinds()
    {
        if (Alternatives is null) return [];
        var kinds = ImmutableHashSet.CreateBuilder<int>();
        try
        {
            var names = new AsnReader(Alternatives.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                kinds.Add(names.PeekTag().TagValue);
                names.ReadEncodedValue();
            }
        }
        catch (AsnContentException e)
        {
            throw new FormatException(e.Message, e);
        }

        return kinds.ToImmutable();
    }
}
