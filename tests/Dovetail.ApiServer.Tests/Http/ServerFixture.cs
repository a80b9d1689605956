using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Security;
using Dovetail.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>A whole server on loopback over a memory store, with the namespace <c>demo</c>, the token <c>sesame</c> (user alice) and the aggregated group <c>sub.example.com</c>.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-apiserver-").FullName;

    internal ApiServerHost Host { get; private set; } = null!;

    internal MemoryRevisionStore Store { get; } = new();

    /// <summary>The admin's, over HTTP/2.</summary>
    internal HttpClient Admin { get; private set; } = null!;

    internal string Folder => folder;

    internal IssuedCertificate AdminCertificate { get; private set; } = null!;

    /// <summary>For a connection of one's own, as the admin.</summary>
    internal SslClientAuthenticationOptions AdminHandshake()
    {
        using var pem = AdminCertificate.ToX509();
        return new()
        {
            TargetHost = "localhost",
            ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)],
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { Host.Authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck },
        };
    }

    public async ValueTask InitializeAsync()
    {
        var tokens = Path.Combine(folder, "tokens.csv");
        await File.WriteAllTextAsync(tokens, "sesame,alice,1,\"dev\"\n");
        var aggregated = new AggregatedApi(
            "sub.example.com",
            [("v1", Encoding.UTF8.GetBytes("""{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"sub.example.com/v1","resources":[{"name":"things/poke","singularName":"","namespaced":true,"kind":"Thing","verbs":["update"]}]}"""))],
            "v1",
            context => context.Response.WriteAsync(context.Features.Get<Machinery.Endpoints.UserInfo>()!.Name));
        var options = new ApiServerOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), PkiFolder = Path.Combine(folder, "pki"), TokenFile = tokens };
        Host = await ApiServerHost.StartAsync(options, Store, [], [aggregated], TimeProvider.System, NullLoggerFactory.Instance, default);
        AdminCertificate = Host.Authority.KeepClient("admin", "kubernetes-admin", ["system:masters"]).Issued;
        Admin = Client(AdminCertificate, null);
        (await PostAsync("/api/v1/namespaces", """{"metadata":{"name":"demo"}}""")).Code.ShouldBe(201);
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await Host.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    internal HttpClient Client(IssuedCertificate? certificate, string? token)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false };
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { Host.Authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck },
        };
        if (certificate is not null)
        {
            using var pem = certificate.ToX509();
            handler.SslOptions.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)];
        }

        var client = new HttpClient(handler) { BaseAddress = Host.Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    internal Task<(int Code, JsonObject Body)> GetAsync(string path, string? accept = null) => SendAsync(HttpMethod.Get, path, null, null, accept);

    internal Task<(int Code, JsonObject Body)> PostAsync(string path, string body, string type = "application/json") => SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body), type, null);

    internal async Task<(int Code, JsonObject Body)> SendAsync(HttpMethod method, string path, byte[]? body, string? type, string? accept)
    {
        using var request = new HttpRequestMessage(method, path) { Version = HttpVersion.Version20 };
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new(type!);
        }

        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Admin.SendAsync(request);
        return ((int)response.StatusCode, (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
