using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Api.KubeVirt;
using Dovetail.ApiServer.Security;
using Dovetail.Cli.Commands;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Kubeconfig;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Node;
using Dovetail.Node.Kubelet;
using Dovetail.Node.Kvm;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Dovetail.Cli.Hosting;

/// <summary><c>dovetail node</c>: node agent and virt-handler in one process.</summary>
internal static partial class NodeProcess
{
    private static readonly TimeSpan FirstStartPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    public static Task<int> RunAsync(string? dataDir, CancellationToken ct) => PartHost.RunAsync(Parts.Node, dataDir, (data, settings, loggers) => ServeAsync(data, settings, loggers, ct));

    /// <summary>In a process of its own: a vCPU that hangs is killed with it.</summary>
    public static int ProbeKvm() => KvmProbe.RunInThisProcess();

    public static NodeAgentOptions AgentOptions(DataDirectory data, Settings settings) => new()
    {
        NodeName = PlatformProcesses.NodeName(settings),
        InstanceId = data.InstanceId,
        DataDirectory = data.Root,
        InitPath = Path.Combine(AppContext.BaseDirectory, "init"),
        LauncherPath = Path.Combine(AppContext.BaseDirectory, "virt-launcher"),
        PodSubnet = settings.PodCIDR,
        RegistryPort = settings.RegistryPort,
        ProtectedPorts = [settings.ListenEndPoint.Port],
    };

    private static async Task ServeAsync(DataDirectory data, Settings settings, ILoggerFactory loggers, CancellationToken ct)
    {
        // Both parts are started together; on the first start the server has yet to issue this node's certificate.
        while (!File.Exists(data.NodeKubeconfig) || !File.Exists(PlatformIdentity.VirtHandlerFile(data)) || !File.Exists(PlatformIdentity.KubeletFile(data))) await Task.Delay(FirstStartPause, TimeProvider.System, ct);
        using var api = HttpKubeApi.FromKubeconfig(data.NodeKubeconfig, "dovetail-node", TimeProvider.System);
        var kubelet = new CertificateFiles(PlatformIdentity.KubeletFile(data), PlatformIdentity.KubeletFile(data));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(data.Pki, "ca.crt"));
        using var agent = new NodeAgent(AgentOptions(data, settings) with { Kubelet = Kubelet(settings, kubelet, authority) }, api, TimeProvider.System, loggers);
        await Task.WhenAll(agent.RunAsync(ct), HandleAsync(agent, api, data, settings, loggers, ct), PartHost.GuardAsync(data, loggers, ct));
    }

    private static KubeletOptions Kubelet(Settings settings, CertificateFiles certificate, X509Certificate2 authority) => new()
    {
        Port = settings.KubeletPort,
        Certificate = () => certificate.Current, // the server renews it
        Authenticate = client => ClientCertificates.Authenticate(authority, client, TimeProvider.System.GetUtcNow()),
    };

    private static async Task HandleAsync(NodeAgent agent, HttpKubeApi api, DataDirectory data, Settings settings, ILoggerFactory loggers, CancellationToken ct)
    {
        var kvm = await agent.Kvm.WaitAsync(ct);
        var options = new VirtHandlerOptions
        {
            NodeName = PlatformProcesses.NodeName(settings),
            UseKvm = kvm.Usable,
            LauncherSocket = agent.LauncherSocket,
            GuestDns = [await agent.GuestDns.WaitAsync(ct)],
        };
        var random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
        await using var handler = new VirtHandlerHost(api, options, TimeProvider.System, random, loggers);
        var certificate = new CertificateFiles(PlatformIdentity.VirtHandlerFile(data), PlatformIdentity.VirtHandlerFile(data));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(data.Pki, "ca.crt"));
        await using var front = await ListenAsync(handler, settings.HandlerPort, certificate, authority, loggers, ct);
        var address = new Uri(front.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;
        await Task.WhenAll(handler.RunAsync(ct), AnnounceAsync(api, options.NodeName, address, loggers.CreateLogger("Dovetail.Node.Announce"), ct));
    }

    /// <summary>Tells virt-api where this virt-handler listens; the port may be another after each start.</summary>
    private static async Task AnnounceAsync(HttpKubeApi api, string node, string address, ILogger log, CancellationToken ct)
    {
        var patch = new MergePatchBuilder().Set(["metadata", "annotations", KubeVirtAnnotations.VirtHandlerAddress], address).Build();
        while (true)
        {
            try
            {
                if (await api.FindAsync(BuiltInTypes.Nodes, "", node, ct) is not null)
                {
                    await api.PatchAsync(BuiltInTypes.Nodes, "", node, PatchType.Merge, patch, new WriteOptions { FieldManager = "virt-handler" }, "", ct);
                    LogAnnounced(log, node, address);
                    return;
                }
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or IOException)
            {
                LogNotAnnounced(log, node, e.Message);
            }

            await Task.Delay(RetryPause, TimeProvider.System, ct);
        }
    }

    private static async Task<WebApplication> ListenAsync(
        VirtHandlerHost handler, int port, CertificateFiles certificate, X509Certificate2 authority, ILoggerFactory loggers, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(https =>
            {
                https.ServerCertificateSelector = (_, _) => certificate.Current; // the server renews it
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                // Only virt-api: any other certificate of the authority may be a user's.
                https.ClientCertificateValidation = (client, _, _) =>
                    ClientCertificates.Authenticate(authority, client, TimeProvider.System.GetUtcNow()) is { Name: "system:dovetail:virt-api" };
            }));
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.UseRouting();
        app.MapGet("/healthz", context =>
        {
            if (!handler.IsReady) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(handler.IsReady ? "ok" : "guests are not known yet", context.RequestAborted);
        });
        handler.Map(app);
        await app.StartAsync(ct);
        return app;
    }

    [LoggerMessage(1, LogLevel.Information, "virt-handler of node {Node} serves consoles at {Address}")]
    private static partial void LogAnnounced(ILogger logger, string node, string address);

    [LoggerMessage(2, LogLevel.Warning, "the address of virt-handler of node {Node} could not be published: {Cause}")]
    private static partial void LogNotAnnounced(ILogger logger, string node, string cause);
}
