using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.Kubeconfig;

/// <summary>A certificate and its key in PEM files (both may be in one) that somebody else renews: they are read again when they have changed, as client-go and the kubelet do.</summary>
public sealed class CertificateFiles
{
    private static readonly TimeSpan LongestConnection = TimeSpan.FromMinutes(5);

    private readonly string certificatePath;
    private readonly string keyPath;
    private volatile Loaded loaded;

    /// <exception cref="KubeconfigException">They cannot be read, or do not belong to each other.</exception>
    public CertificateFiles(string certificatePath, string keyPath)
    {
        (this.certificatePath, this.keyPath) = (certificatePath, keyPath);
        var stamp = Stamp();
        try
        {
            loaded = new(stamp, Load());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"unable to read {certificatePath} or {keyPath}: {e.Message}", e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeconfigException($"tls: the client certificate cannot be used: {e.Message}", e);
        }
    }

    /// <summary>For the next handshake. Files that cannot be read, or of which only one is new yet, leave the certificate before in use.</summary>
    public X509Certificate2 Current
    {
        get
        {
            var stamp = Stamp();
            if (stamp == loaded.Stamp) return loaded.Certificate;
            try
            {
                loaded = new(stamp, Load());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
            {
                // Read again with the next handshake: the stamp is still another one.
            }

            return loaded.Certificate;
        }
    }

    /// <summary>For how long a connection may be used again: servers look at the end of a certificate with every request, and what is left of one at its renewal is a tenth at least.</summary>
    public TimeSpan ConnectionLifetime
    {
        get
        {
            var share = (loaded.Certificate.NotAfter - loaded.Certificate.NotBefore) / 20;
            return share < LongestConnection ? share : LongestConnection;
        }
    }

    private (DateTime Certificate, DateTime Key) Stamp() => (File.GetLastWriteTimeUtc(certificatePath), File.GetLastWriteTimeUtc(keyPath));

    /// <summary>Through PKCS #12: a certificate made from PEM has an ephemeral key, which some TLS stacks do not take.</summary>
    private X509Certificate2 Load()
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private sealed record Loaded((DateTime Certificate, DateTime Key) Stamp, X509Certificate2 Certificate);
}
