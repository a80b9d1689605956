using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.ApiServer.Security;

/// <summary>The platform's own certificate authority (ECDSA P-256), kept in a folder as <c>ca.crt</c> and <c>ca.key</c> (mode 0600). It lives ten years; a start in the last of them certifies
/// its key again under the same name, so that all that it has signed stays good.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private static readonly TimeSpan CaLifetime = TimeSpan.FromDays(3650);

    /// <summary>How long before its end the authority is certified again, or at least spoken of.</summary>
    private static readonly TimeSpan CaLastPart = TimeSpan.FromDays(365);

    // A client's clock may be a little behind ours.
    private static readonly TimeSpan LongestBackdate = TimeSpan.FromHours(1);

    private readonly string folder;
    private readonly TimeProvider time;
    private readonly TimeSpan lifetime;

    private CertificateAuthority(string folder, X509Certificate2 certificate, TimeProvider time, TimeSpan lifetime)
    {
        this.folder = folder;
        this.time = time;
        this.lifetime = lifetime;
        Certificate = certificate;
        CertificatePem = certificate.ExportCertificatePem();
    }

    /// <summary>How long issued certificates live, unless it is said otherwise.</summary>
    public static TimeSpan LeafLifetime => TimeSpan.FromDays(365);

    public X509Certificate2 Certificate { get; }

    public string CertificatePem { get; }

    public DateTimeOffset NotAfter => Certificate.NotAfter.ToUniversalTime();

    private TimeSpan Backdate => lifetime / 10 < LongestBackdate ? lifetime / 10 : LongestBackdate;

    /// <summary>Reads the authority of a folder, or makes one. A certificate without its key is refused: a new authority would lock every client out. A key without its certificate is
    /// kept and certified again under the same name, so that what it has signed stays good.</summary>
    /// <param name="folder">Where it is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="lifetime">How long what it issues lives; null for <see cref="LeafLifetime"/>.</param>
    /// <exception cref="InvalidDataException">The folder holds something that is no authority.</exception>
    public static CertificateAuthority LoadOrCreate(string folder, TimeProvider time, TimeSpan? lifetime = null)
    {
        var (certificatePath, keyPath) = (Path.Combine(folder, "ca.crt"), Path.Combine(folder, "ca.key"));
        Directory.CreateDirectory(folder);
        if (File.Exists(certificatePath) && File.Exists(keyPath))
        {
            var kept = new CertificateAuthority(folder, Load(certificatePath, keyPath), time, lifetime ?? LeafLifetime);
            if (!kept.NearsItsEnd(time.GetUtcNow())) return kept;
            kept.Dispose();
        }
        else if (File.Exists(certificatePath)) throw new InvalidDataException($"{certificatePath} is there, but its key {keyPath} is not");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(keyPath)) Import(key, keyPath);
        var request = new CertificateRequest(new X500DistinguishedName("CN=dovetail-ca"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var made = request.CreateSelfSigned(now - LongestBackdate, now + CaLifetime);
        // The key first: a certificate on disk promises that its key is there too.
        PemFiles.WriteSecret(keyPath, key.ExportPkcs8PrivateKeyPem() + "\n");
        PemFiles.WritePublic(certificatePath, made.ExportCertificatePem() + "\n");
        return new(folder, Load(certificatePath, keyPath), time, lifetime ?? LeafLifetime);
    }

    /// <summary>Whether the authority's own certificate is in the last year of its life.</summary>
    public bool NearsItsEnd(DateTimeOffset now) => NotAfter - now < CaLastPart;

    /// <summary>A serving certificate; <paramref name="names"/> are DNS names and IP addresses. It can act as a client too, so that two components trust one pair.</summary>
    public IssuedCertificate IssueServer(string commonName, ImmutableArray<string> names)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }

        return Issue(Subject(commonName, []), alternatives.Build(), server: true);
    }

    /// <summary>A client certificate: CN is the user, each O a group.</summary>
    public IssuedCertificate IssueClient(string user, ImmutableArray<string> groups) => Issue(Subject(user, groups), null, server: false);

    /// <summary>The serving certificate kept as <paramref name="fileName"/>.pem, issued anew when missing, near its end, from another authority, or for other names.</summary>
    public KeptCertificate KeepServer(string fileName, string commonName, ImmutableArray<string> names) =>
        Keep(fileName, kept => NamesOf(kept).SetEquals(names), () => IssueServer(commonName, names));

    /// <summary>The client certificate kept as <paramref name="fileName"/>.pem.</summary>
    public KeptCertificate KeepClient(string fileName, string user, ImmutableArray<string> groups)
    {
        var subject = Subject(user, groups).Name;
        return Keep(fileName, kept => kept.SubjectName.Name == subject, () => IssueClient(user, groups));
    }

    public void Dispose() => Certificate.Dispose();

    private KeptCertificate Keep(string fileName, Func<X509Certificate2, bool> fits, Func<IssuedCertificate> issue)
    {
        // What an earlier layout kept in two files.
        File.Delete(Path.Combine(folder, fileName + ".crt"));
        File.Delete(Path.Combine(folder, fileName + ".key"));
        return new(
            Path.Combine(folder, fileName + ".pem"),
            kept => fits(kept) && LivesAsAsked(kept) && ClientCertificates.IssuedBy([Certificate], kept, time.GetUtcNow()),
            issue,
            NotAfter,
            time);
    }

    /// <summary>One from before the setting was shortened would keep the longer life.</summary>
    private bool LivesAsAsked(X509Certificate2 kept) => kept.NotAfter - kept.NotBefore <= lifetime + Backdate + TimeSpan.FromSeconds(1);

    private DateTimeOffset LatestEnd(DateTimeOffset now) => now + lifetime < NotAfter ? now + lifetime : NotAfter;

    private IssuedCertificate Issue(X500DistinguishedName subject, X509Extension? alternatives, bool server)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        var usages = new OidCollection { new Oid(ClientCertificates.ClientAuthentication) };
        if (server) usages.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (alternatives is not null) request.CertificateExtensions.Add(alternatives);
        var now = time.GetUtcNow();
        var start = now - Backdate > Certificate.NotBefore ? now - Backdate : Certificate.NotBefore;
        using var made = request.Create(Certificate, start, LatestEnd(now), RandomNumberGenerator.GetBytes(16));
        return new(made.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static X500DistinguishedName Subject(string commonName, ImmutableArray<string> groups)
    {
        var builder = new X500DistinguishedNameBuilder();
        foreach (var group in groups) builder.AddOrganizationName(group);
        builder.AddCommonName(commonName);
        return builder.Build();
    }

    private static HashSet<string> NamesOf(X509Certificate2 certificate)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.UnionWith(extension.EnumerateDnsNames());
            names.UnionWith(extension.EnumerateIPAddresses().Select(a => a.ToString()));
        }

        return names;
    }

    private static void Import(ECDsa key, string path)
    {
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{path} is no key of a certificate authority: {e.Message}", e);
        }
    }

    private static X509Certificate2 Load(string certificatePath, string keyPath)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"{certificatePath} and {keyPath} are no certificate authority: {e.Message}", e);
        }
    }
}
