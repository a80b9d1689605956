using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.ApiServer.Security;

/// <summary>
/// A certificate of the PKI folder that is renewed while it is in use. Certificate and key are one file, <c>NAME.pem</c> (mode 0600), replaced as a whole, so that after any crash they belong
/// to each other. Handshakes take what is current; open connections go on with what they began with.
/// </summary>
public sealed class KeptCertificate
{
    private static readonly TimeSpan LongestConnection = TimeSpan.FromMinutes(5);

    private readonly string path;
    private readonly Func<X509Certificate2, bool> fits;
    private readonly Func<IssuedCertificate> issue;
    private readonly DateTimeOffset authorityEnd;
    private readonly TimeProvider time;
    private Snapshot? current;
    private Action<IssuedCertificate> publish = static _ => { };
    private bool published = true;

    /// <param name="path">Its file.</param>
    /// <param name="fits">Whether a certificate is what is wanted, its life left aside.</param>
    /// <param name="issue">Makes a new one.</param>
    /// <param name="authorityEnd">When the authority ends.</param>
    /// <param name="time">The clock.</param>
    internal KeptCertificate(string path, Func<X509Certificate2, bool> fits, Func<IssuedCertificate> issue, DateTimeOffset authorityEnd, TimeProvider time)
    {
        (this.path, this.fits, this.issue, this.authorityEnd, this.time) = (path, fits, issue, authorityEnd, time);
        current = Read();
        Refresh();
    }

    /// <summary>The file's name without its ending: <c>apiserver</c>, <c>admin</c>, …</summary>
    public string Name => Path.GetFileNameWithoutExtension(path);

    public IssuedCertificate Issued => Current.Issued;

    /// <summary>For handshakes as a client.</summary>
    public X509Certificate2 Certificate => Current.Certificate;

    /// <summary>For handshakes as a server.</summary>
    /// <param name="clients">The authorities that clients are told of, so that those with several certificates know which to show. The same ones at every call.</param>
    public SslStreamCertificateContext ServerContext(SslCertificateTrust clients) => Current.Context(clients);

    /// <summary>For how long a connection may be used again: less than what is left of a certificate at its latest renewal.</summary>
    public TimeSpan ConnectionLifetime
    {
        get
        {
            var share = (Certificate.NotAfter - Certificate.NotBefore) / 20;
            return share < LongestConnection ? share : LongestConnection;
        }
    }

    public DateTimeOffset NotAfter => Current.Certificate.NotAfter.ToUniversalTime();

    private Snapshot Current => Volatile.Read(ref current)!;

    /// <summary>Has every certificate, this one at once, written wherever else it is kept. What fails is done again with the next <see cref="Refresh"/>.</summary>
    public void PublishTo(Action<IssuedCertificate> target)
    {
        (publish, published) = (target, false);
        Refresh();
    }

    /// <summary>Renews the certificate when its time has come. To be called by one at a time.</summary>
    /// <returns>Whether it is another one now, and when to look again.</returns>
    /// <exception cref="IOException">It could not be written; the one before stays in use.</exception>
    public RotationPlan Refresh()
    {
        var plan = RotationPlanner.Decide(Facts(), time.GetUtcNow());
        var renewed = plan.Renew;
        if (renewed)
        {
            var fresh = issue();
            PemFiles.WriteSecret(path, fresh.ToPem());
            // Nobody disposes of the one before: handshakes that have begun use it.
            Volatile.Write(ref current, new Snapshot(fresh, fresh.ForTls()));
            published = false;
            plan = RotationPlanner.Decide(Facts(), time.GetUtcNow());
        }

        if (!published)
        {
            publish(Issued);
            published = true;
        }

        return plan with { Renew = renewed };
    }

    private CertificateFacts? Facts()
    {
        if (current is not { Certificate: var certificate }) return null;
        var jitter = BinaryPrimitives.ReadUInt32BigEndian(certificate.GetCertHash(HashAlgorithmName.SHA256)) / (double)(1L << 32);
        return new CertificateFacts(certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime(), authorityEnd, jitter, fits(certificate));
    }

    private Snapshot? Read()
    {
        try
        {
            return File.Exists(path) && IssuedCertificate.Parse(File.ReadAllText(path)) is { } kept ? new Snapshot(kept, kept.ForTls()) : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Edited by hand, or of two halves: replaced like a missing one.
            return null;
        }
    }

    private sealed record Snapshot(IssuedCertificate Issued, X509Certificate2 Certificate)
    {
        private SslStreamCertificateContext? context;

        public SslStreamCertificateContext Context(SslCertificateTrust clients) =>
            LazyInitializer.EnsureInitialized(ref context, () => SslStreamCertificateContext.Create(Certificate, null, offline: true, clients));
    }
}
