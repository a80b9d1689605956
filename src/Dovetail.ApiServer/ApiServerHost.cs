using System.Collections.Immutable;
using System.Net;
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
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer;

/// <summary>The API server in this process: a registry over a store, served over TLS. Disposing of it drains requests and ends watches.</summary>
public sealed class ApiServerHost : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly ApiServerOptions options;
    private readonly IRevisionStore store;
    private readonly TimeProvider time;
    private readonly ILoggerFactory loggers;
    private readonly KeptCertificate serving;
    private readonly CertificateRotation rotation;
    private readonly X509Certificate2Collection clientAuthorities;
    private readonly CrdBundle platformCrds;
    private readonly KubeletConnection kubelets;
    private readonly RequestGate gate;
    private readonly RequestMetrics requests = new();
    private readonly MetricsPage metrics;
    private WebApplication? app;
    private Task background = Task.CompletedTask;

    private ApiServerHost(ApiServerOptions options, CertificateAuthority authority, IRevisionStore store, IEnumerable<IAdmissionPlugin> admission, TimeProvider time, ILoggerFactory loggers)
    {
        (this.options, this.store, this.time, this.loggers) = (options, store, time, loggers);
        Authority = authority;
        Address = new Uri($"https://{options.Listen}");
        serving = authority.KeepServer("apiserver", "kube-apiserver", ServerNames(options));
        var kubeletClient = authority.KeepClient("apiserver-kubelet-client", "kube-apiserver-kubelet-client", [UserInfo.MastersGroup]);
        rotation = new CertificateRotation(authority, [serving, kubeletClient], time, loggers.CreateLogger<CertificateRotation>());
        clientAuthorities = ClientAuthorities(authority, options.ClientCAFile);
        platformCrds = new CrdBundle(options.PlatformCrds);
        Registry = new ObjectRegistry(new ObjectRegistryOptions
        {
            Store = store,
            Time = time,
            Admission = [.. BuiltInAdmission.Plugins(store, options.Randomness, options.DisabledAdmissionPlugins), .. admission],
            Randomness = options.Randomness,
            TrustedCelRules = platformCrds.Names,
            Authorization = options.Authorization,
            RestrictNodes = !options.DisabledAdmissionPlugins.Contains(BuiltInAdmission.NodeRestriction),
            ServiceRange = options.ServiceRange,
            StaticTokens = options.TokenFile is null ? null : TokenFile.Load(options.TokenFile),
            TokenKeys = TokenKeys.LoadOrCreate(options.PkiFolder),
        });
        gate = new RequestGate(options.MaxReadsInFlight, options.MaxWritesInFlight, options.MaxBodyBytesInFlight);
        metrics = new MetricsPage(store, gate, requests, Registry, rotation);
        kubelets = new KubeletConnection(kubeletClient, authority.Certificate);
    }

    public ObjectRegistry Registry { get; }

    public IObjectApi Api => Registry;

    /// <summary>Signs the certificates of the platform's components and of its admin.</summary>
    public CertificateAuthority Authority { get; }

    /// <summary><c>https://127.0.0.1:6443</c>, with the port that was taken.</summary>
    public Uri Address { get; private set; }

    /// <summary>Lets another part of this process write its metrics on <c>/metrics</c>, too, in the text format of Prometheus.</summary>
    public void AddMetrics(Action<StringBuilder> source) => metrics.Add(source);

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
        var host = new ApiServerHost(options, CertificateAuthority.LoadOrCreate(options.PkiFolder, time, options.CertificateLifetime), store, admission, time, loggers);
        try
        {
            await host.BootstrapAsync(ct);
            await host.ListenAsync([.. aggregated], ct);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Watches end first: they would keep the drain waiting.
        await stopping.CancelAsync();
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        await background;
        stopping.Dispose();
        kubelets.Dispose();
        Authority.Dispose();
    }

    /// <summary>What every cluster has before its first request. Each step leaves alone what an earlier start has made.</summary>
    private async Task BootstrapAsync(CancellationToken ct)
    {
        await Registry.BootstrapAsync(ct);
        await platformCrds.EnsureAsync(Registry, ct);
        await SystemObjects.EnsureAsync(Registry, clientAuthorities.ExportCertificatePems() + "\n", ct);
        foreach (var one in options.PlatformObjects) await one.EnsureAsync(Registry, ct);
    }

    private async Task ListenAsync(ImmutableArray<AggregatedApi> aggregated, CancellationToken ct)
    {
        var front = Front(aggregated);
        app = HttpsListener.Build(options, serving, clientAuthorities, loggers);
        app.UseWhen(
            static context => RequestKinds.IsSocket(context.Request), // the others need not carry what it adds
            static sockets => sockets.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30) }));
        app.Run(front.HandleAsync);
        await app.StartAsync(ct);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        background = RunAsync(aggregated, stopping.Token);
    }

    /// <summary>The way of a request, put together: docs/architecture.md follows one.</summary>
    private FrontDoor Front(ImmutableArray<AggregatedApi> aggregated) => new(
        new RequestIdentity(new Authenticator(clientAuthorities, Registry.Tokens, time), new Impersonation(Registry.Authorizer)),
        Registry.Authorizer,
        new Endpoints(
            new PublicEndpoints(new HealthEndpoint(store, options.HealthChecks, stopping.Token), metrics, new IssuerDiscovery(Registry.Tokens.Accounts, () => Address)),
            new DiscoveryEndpoint(Registry, aggregated, () => Address.Authority, time),
            new AggregatedEndpoint(aggregated),
            new ResourceEndpoint(Registry, new WatchStreamer(Registry, requests), new ConnectEndpoint(Registry, new ConnectRelay(kubelets)), options.Randomness, time)),
        Registry,
        new RequestWatch(gate, requests, loggers.CreateLogger<FrontDoor>(), options.AccessLogLevel),
        options.Randomness,
        stopping.Token);

    /// <summary>What the server keeps true about itself for as long as it runs.</summary>
    private Task RunAsync(ImmutableArray<AggregatedApi> aggregated, CancellationToken ct) => Task.WhenAll(
        new CrdCleanup(Registry, loggers.CreateLogger<CrdCleanup>(), time).RunAsync(ct),
        new LocalApiServices(Registry, aggregated, loggers.CreateLogger<LocalApiServices>(), time).RunAsync(ct),
        new KubernetesService(Registry, new ServiceRange(options.ServiceRange), new IPEndPoint(options.Listen.Address, Address.Port), loggers.CreateLogger<KubernetesService>(), time).RunAsync(ct),
        new IdentityLease(Registry, Environment.MachineName, options.Randomness.Uid(), loggers.CreateLogger<IdentityLease>(), time).RunAsync(ct),
        rotation.RunAsync(ct));

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
}
