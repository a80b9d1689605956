using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Dovetail.ApiServer.Security;

namespace Dovetail.ApiServer.Nodes;

/// <summary>How the API server reaches what nodes run: kubelets over mutual TLS with its own client certificate, pods and services without one. Never through a proxy of the environment, and no redirect is followed.</summary>
internal sealed class KubeletConnection : IDisposable
{
    private readonly KeptCertificate certificate;
    private readonly X509Certificate2 authority;
    private readonly HttpMessageInvoker kubelets;
    private readonly HttpMessageInvoker unverified;
    private readonly HttpMessageInvoker others;

    public KubeletConnection(KeptCertificate client, X509Certificate2 authority)
    {
        certificate = client;
        this.authority = authority;
        kubelets = new HttpMessageInvoker(Handler(Tls(toKubelet: true, verified: true)));
        unverified = new HttpMessageInvoker(Handler(Tls(toKubelet: true, verified: false)));
        others = new HttpMessageInvoker(Handler(Tls(toKubelet: false, verified: false)));
    }

    public HttpMessageInvoker Client(ConnectTarget target) => !target.ToKubelet ? others : target.Verified ? kubelets : unverified;

    /// <summary>TLS to a kubelet is mutual and verified against the cluster's authority; what a pod shows proves nothing, so nobody looks.</summary>
    public SslClientAuthenticationOptions Tls(bool toKubelet, bool verified)
    {
        var options = new SslClientAuthenticationOptions { ApplicationProtocols = [SslApplicationProtocol.Http11] };
        if (toKubelet) options.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Certificate;
        if (verified)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck };
        }
        else
        {
#pragma warning disable CA5359 // the point of it
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return options;
    }

    public void Dispose()
    {
        kubelets.Dispose();
        unverified.Dispose();
        others.Dispose();
    }

    private SocketsHttpHandler Handler(SslClientAuthenticationOptions tls) => new()
    {
        SslOptions = tls,
        // A kubelet looks at the end of a certificate with every request: connections move on to the new one in good time.
        PooledConnectionLifetime = certificate.ConnectionLifetime,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
        ActivityHeadersPropagator = null,
    };
}
