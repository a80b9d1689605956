using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.ApiServer.Admission;
using Dovetail.ApiServer.Aggregation;
using Dovetail.ApiServer.Bootstrap;
using Dovetail.ApiServer.Crds;
using Dovetail.ApiServer.Discovery;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Registry.ServiceAddresses;
using Dovetail.ApiServer.Security;
using Dovetail.ApiServer.Security.Tokens;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer;

/// <summary>The API server in this process: a registry over a store, served over TLS. Disposing of it drains requests and ends watches.</summary>
public sealed class ApiServerHost : IAsyncDisposable
{
    private const int MaxHeaderBytes = 256 * 1024;

    private readonly WebApplication app;
    private readonly CancellationTokenSource stopping;
    private readonly Task background;

    private ApiServerHost(WebApplication app, ObjectRegistry registry, CertificateAuthority authority, Uri address, Task background, CancellationTokenSource stopping)
    {
        this.app = app;
        this.background = background;
        this.stopping = stopping;
        Registry = registry;
        Authority = authority;
        Address = address;
    }

    private KubeletConnection Kubelets { get; init; } = null!;

    private MetricsPage Metrics { get; init; } = null!;

    /// <summary>Lets another part of this process write its metrics on <c>/metrics</c>, too, in the text format of Prometheus.</summary>
    public void AddMetrics(Action<StringBuilder> source) => Metrics.Add(source);

    public ObjectRegistry Registry { get; }

    public IObjectApi Api => Registry;

    /// <summary>Signs the certificates of the platform's components and of its admin.</summary>
    public CertificateAuthority Authority { get; }

    /// <summary><c>https://127.0.0.1:6443</c>, with the port that was taken.</summary>
    public Uri Address { get; }

    /// <exception cref="IOException">The port is taken; the message names it.</exception>
    /// <exception cref="InvalidDataException">The PKI folder, the token file or the file of client authorities is malformed.</exception>
    public static async Task<ApiServerHost> StartAsync(
        ApiServerOptions options,
        IRevisionStore store,
        IEnumerable<IAdmissionPlugin> admission,
        IEnumerable<AggregatedApi> aggregated,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken ct)
    {
        var authority = CertificateAuthority.LoadOrCreate(options.PkiFolder, time, options.CertificateLifetime);
        var serving = authority.KeepServer("apiserver", "kube-apiserver", ServerNames(options));
        var kubeletClient = authority.KeepClient("apiserver-kubelet-client", "kube-apiserver-kubelet-client", [UserInfo.MastersGroup]);
        var rotation = new CertificateRotation(authority, [serving, kubeletClient], time, loggers.CreateLogger<CertificateRotation>());
        var clientAuthorities = ClientAuthorities(authority, options.ClientCAFile);
        var tokens = options.TokenFile is null ? null : TokenFile.Load(options.TokenFile);
        var bundle = new CrdBundle(options.PlatformCrds);
        var registry = new ObjectRegistry(new ObjectRegistryOptions
        {
            Store = store,
            Time = time,
            Admission = [.. BuiltInAdmission.Plugins(store, options.Randomness, options.DisabledAdmissionPlugins), .. admission],
            Randomness = options.Randomness,
            TrustedCelRules = bundle.Names,
            Authorization = options.Authorization,
            RestrictNodes = !options.DisabledAdmissionPlugins.Contains(BuiltInAdmission.NodeRestriction),
            ServiceRange = options.ServiceRange,
            StaticTokens = tokens,
            TokenKeys = TokenKeys.LoadOrCreate(options.PkiFolder),
        });
        await registry.BootstrapAsync(ct);
        await bundle.EnsureAsync(registry, ct);
        await SystemObjects.EnsureAsync(registry, clientAuthorities.ExportCertificatePems() + "\n", ct);
        foreach (var one in options.PlatformObjects) await one.EnsureAsync(registry, ct);

        var stopping = new CancellationTokenSource();
        var gate = new RequestGate(options.MaxReadsInFlight, options.MaxWritesInFlight, options.MaxBodyBytesInFlight);
        var metrics = new RequestMetrics();
        var page = new MetricsPage(store, gate, metrics, registry, rotation);
        var kubelets = new KubeletConnection(kubeletClient, authority.Certificate);
        ImmutableArray<AggregatedApi> apis = [.. aggregated];
        var address = new Uri($"https://{options.Listen}");
        var front = new FrontDoor(
            new RequestIdentity(new Authenticator(clientAuthorities, registry.Tokens, time), new Impersonation(registry.Authorizer)),
            registry.Authorizer,
            new Endpoints(
                new PublicEndpoints(new HealthEndpoint(store, options.HealthChecks, stopping.Token), page, new IssuerDiscovery(registry.Tokens.Accounts, () => address)),
                new DiscoveryEndpoint(registry, apis, () => address.Authority, time),
                new AggregatedEndpoint(apis),
                new ResourceEndpoint(registry, new WatchStreamer(registry, metrics), new ConnectEndpoint(registry, new ConnectRelay(kubelets)), options.Randomness, time)),
            registry,
            new RequestWatch(gate, metrics, loggers.CreateLogger<FrontDoor>(), options.AccessLogLevel),
            options.Randomness,
            stopping.Token);

        var clients = SslCertificateTrust.CreateForX509Collection(clientAuthorities, sendTrustInHandshake: true);
        var app = Build(options, () => Handshake(serving, clients), loggers);
        app.UseWhen(
            static context => RequestKinds.IsSocket(context.Request), // the others need not carry what it adds
            static sockets => sockets.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30) }));
        app.Run(front.HandleAsync);
        await app.StartAsync(ct);
        var listening = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        address = new Uri(listening);
        var service = new KubernetesService(registry, new ServiceRange(options.ServiceRange), new IPEndPoint(options.Listen.Address, address.Port), loggers.CreateLogger<KubernetesService>(), time);
        var background = Task.WhenAll(
            new CrdCleanup(registry, loggers.CreateLogger<CrdCleanup>(), time).RunAsync(stopping.Token),
            new LocalApiServices(registry, apis, loggers.CreateLogger<LocalApiServices>(), time).RunAsync(stopping.Token),
            service.RunAsync(stopping.Token),
            new IdentityLease(registry, Environment.MachineName, options.Randomness.Uid(), loggers.CreateLogger<IdentityLease>(), time).RunAsync(stopping.Token),
            rotation.RunAsync(stopping.Token));
        return new(app, registry, authority, address, background, stopping) { Kubelets = kubelets, Metrics = page };
    }

    public async ValueTask DisposeAsync()
    {
        // Watches end first: they would keep the drain waiting.
        await stopping.CancelAsync();
        await app.StopAsync();
        await app.DisposeAsync();
        await background;
        stopping.Dispose();
        Kubelets.Dispose();
        Authority.Dispose();
    }

    private static ImmutableArray<string> ServerNames(ApiServerOptions options)
    {
        var names = new List<string>
        {
            "127.0.0.1", "::1", "localhost", Environment.MachineName,
            "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
        };
        if (!options.Listen.Address.Equals(IPAddress.Any) && !options.Listen.Address.Equals(IPAddress.IPv6Any)) names.Add(options.Listen.Address.ToString());
        names.Add(new ServiceRange(options.ServiceRange).Address(1)); // the Service kubernetes'
        names.AddRange(options.ServerNames);
        return [.. names.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private static X509Certificate2Collection ClientAuthorities(CertificateAuthority own, string? file)
    {
        var all = new X509Certificate2Collection { own.Certificate };
        if (file is null) return all;
        try
        {
            all.ImportFromPemFile(file);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"{file} holds no certificates: {e.Message}", e);
        }

        return all.Count > 1 ? all : throw new InvalidDataException($"{file} holds no certificate");
    }

    private static WebApplication Build(ApiServerOptions options, Func<SslServerAuthenticationOptions> handshake, ILoggerFactory loggers)
    {
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
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(handshake()) });
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
