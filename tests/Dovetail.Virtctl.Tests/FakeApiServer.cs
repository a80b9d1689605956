using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virtctl.Tests;

/// <summary>A KubeVirt API on loopback that answers what a test tells it to, and remembers what it was asked.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeApiServer(WebApplication app) => this.app = app;

    public List<string> Requests { get; } = [];

    public List<string> Tokens { get; } = [];

    /// <summary>Answers by "METHOD path"; what is not listed is a 404 without a body.</summary>
    public ConcurrentDictionary<string, (int Code, string Body)> Answers { get; } = new(StringComparer.Ordinal)
    {
        ["GET /apis/subresources.kubevirt.io"] = (200, """{"kind":"APIGroup","preferredVersion":{"groupVersion":"subresources.kubevirt.io/v1"}}"""),
        ["GET /apis/subresources.kubevirt.io/v1/version"] = (200, """{"gitVersion":"v1.9.3","gitCommit":"abc","gitTreeState":"clean","buildDate":"d","goVersion":"g","compiler":"c","platform":"linux/amd64"}"""),
    };

    public Func<WebSocket, Task>? Console { get; set; }

    public string? ConsoleSubprotocol { get; private set; }

    public Uri Address => new(app.Urls.First());

    public static async Task<FakeApiServer> StartAsync(X509Certificate2? certificate = null, X509Certificate2? clientAuthority = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (certificate is null) return;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = certificate,
                ClientCertificateMode = clientAuthority is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate,
                ClientCertificateValidation = (presented, _, _) => presented.Issuer == clientAuthority?.Subject,
            });
        }));
        if (certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        var server = new FakeApiServer(app);
        app.UseWebSockets();
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var key = $"{context.Request.Method} {context.Request.Path}";
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        lock (Requests)
        {
            Requests.Add(body.Length > 0 ? $"{key} {body}" : key);
            Tokens.Add(context.Request.Headers.Authorization.ToString());
        }

        if (context.WebSockets.IsWebSocketRequest && Console is not null && !Answers.ContainsKey(key))
        {
            ConsoleSubprotocol = string.Join(",", context.WebSockets.WebSocketRequestedProtocols);
            using var socket = await context.WebSockets.AcceptWebSocketAsync("plain.kubevirt.io");
            await Console(socket);
            return;
        }

        if (!Answers.TryGetValue(key, out var answer))
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.StatusCode = answer.Code;
        context.Response.ContentType = answer.Body.StartsWith('{') ? "application/json" : "text/plain";
        await context.Response.WriteAsync(answer.Body);
    }
}

/// <summary>A certificate authority for one test.</summary>
internal sealed class TestAuthority
{
    private readonly X509Certificate2 certificate;

    public TestAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    public X509Certificate2 Certificate => certificate;

    public string Pem => certificate.ExportCertificatePem();

    /// <param name="ip">The subject alternative name.</param>
    public (X509Certificate2 Certificate, string Pem, string KeyPem) Issue(string name, IPAddress? ip = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (ip is not null) names.AddIpAddress(ip);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var issued = request.Create(certificate, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(199), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return (X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null), issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
