using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.Kubeconfig;

/// <summary>Everything that a request to the API server needs, as resolved from kubeconfig and flags.</summary>
public sealed class ClusterConnection
{
    /// <summary>Ends with a slash, so that paths are relative to it.</summary>
    public required Uri Server { get; init; }

    public required string Namespace { get; init; }

    /// <summary>Trusted instead of the system's authorities; empty: the system's.</summary>
    public X509Certificate2Collection Authorities { get; init; } = [];

    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Instead of <see cref="ClientCertificate"/>, a certificate in files that are renewed.</summary>
    public CertificateFiles? ClientCertificateFiles { get; init; }

    public string Token { get; init; } = "";

    /// <summary>A file that holds the token, read anew for each request, since a bound token is rotated in place; "" for none.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>HTTP basic authentication; "" for none.</summary>
    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    public bool SkipTlsVerify { get; init; }

    /// <summary>The name that the server's certificate must have; "" for the host's.</summary>
    public string TlsServerName { get; init; } = "";

    public string ImpersonatedUser { get; init; } = "";

    public IReadOnlyList<string> ImpersonatedGroups { get; init; } = [];

    /// <summary>The address of a path below the server's, which may have a path of its own.</summary>
    public Uri At(string path) => new(Server, path.TrimStart('/'));

    public SocketsHttpHandler CreateHandler()
    {
        var tls = new SslClientAuthenticationOptions();
        if (ClientCertificate is not null) tls.ClientCertificates = [ClientCertificate];
#pragma warning disable CA5359 // the user asked for it by insecure-skip-tls-verify
        if (SkipTlsVerify) tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        else if (Authorities.Count > 0)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(Authorities);
            tls.CertificateChainPolicy = policy;
        }

        var handler = new SocketsHttpHandler { SslOptions = tls, AllowAutoRedirect = false };
        if (ClientCertificateFiles is { } files)
        {
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => files.Current;
            handler.PooledConnectionLifetime = files.ConnectionLifetime;
        }

        return handler;
    }

    /// <exception cref="KubeconfigException">The token's file cannot be read.</exception>
    public void Authorize(HttpRequestHeaders headers)
    {
        // The handler takes the name to verify, and to send as SNI, from the Host header.
        if (TlsServerName.Length > 0) headers.Host = TlsServerName;
        var token = TokenFile.Length > 0 ? System.Text.Encoding.UTF8.GetString(KubeconfigFile.Entry.ReadFile(TokenFile)).Trim() : Token;
        if (token.Length > 0) headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        else if (Username.Length > 0) headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Username}:{Password}")));
        if (ImpersonatedUser.Length > 0) headers.Add("Impersonate-User", ImpersonatedUser);
        foreach (var group in ImpersonatedGroups) headers.Add("Impersonate-Group", group);
    }
}
