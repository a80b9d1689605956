using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.ApiServer.Security;

/// <summary>A certificate with its key, both PEM.</summary>
public sealed record IssuedCertificate(string CertificatePem, string KeyPem)
{
    public X509Certificate2 ToX509() => X509Certificate2.CreateFromPem(CertificatePem, KeyPem);

    /// <summary>For a TLS handshake; through PKCS #12, because an ephemeral key from PEM does not serve every TLS stack.</summary>
    public X509Certificate2 ForTls()
    {
        using var pem = ToX509();
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Both in one text, as <see cref="Parse"/> reads it.</summary>
    public string ToPem() => CertificatePem + KeyPem;

    /// <summary>Null when the text has not both.</summary>
    public static IssuedCertificate? Parse(string pem)
    {
        var (certificate, key) = (default(string), default(string));
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var found))
        {
            var block = rest[found.Location].ToString() + "\n";
            if (rest[found.Label] is "CERTIFICATE") certificate ??= block;
            else key ??= block;
            rest = rest[found.Location.End..];
        }

        return certificate is null || key is null ? null : new(certificate, key);
    }
}
