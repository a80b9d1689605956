using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Dovetail.ApiServer.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Http;

/// <summary>Kestrel as the API server wants it: one TLS port for HTTP/1.1 and HTTP/2, and bounds of our own.</summary>
internal static class HttpsListener
{
    private const int MaxHeaderBytes = 256 * 1024;

    /// <summary>Not started yet, and without a handler.</summary>
    /// <param name="options">Where it listens, and how long it drains.</param>
    /// <param name="serving">Its certificate.</param>
    /// <param name="clientAuthorities">Named in the handshake, so that a client with several certificates shows the right one.</param>
    /// <param name="loggers">The server's own.</param>
    public static WebApplication Build(ApiServerOptions options, KeptCertificate serving, X509Certificate2Collection clientAuthorities, ILoggerFactory loggers)
    {
        var clients = SslCertificateTrust.CreateForX509Collection(clientAuthorities, sendTrustInHandshake: true);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = options.DrainTimeout);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // RequestBody bounds it, with the API's own answer
            // Selectors and continue tokens make long queries; upstream takes a megabyte of headers.
            kestrel.Limits.MaxRequestLineSize = MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(30);
            kestrel.Limits.Http2.MaxStreamsPerConnection = 250;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            kestrel.Listen(options.Listen, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Handshake(serving, clients)) });
                listen.Use(next => connection =>
                {
                    FullTlsRecords.Use(connection);
                    return next(connection);
                });
            });
        });
        return builder.Build();
    }

    /// <summary>Made for every handshake, which thus takes the certificate that is current.</summary>
    private static SslServerAuthenticationOptions Handshake(KeptCertificate serving, SslCertificateTrust clients) => new()
    {
        ServerCertificateContext = serving.ServerContext(clients),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = true, // asked for; whoever shows none, or one that we do not accept, gets a Status 401 rather than a broken handshake
#pragma warning disable CA5359 // Authenticator looks at it, with every request
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };
}
