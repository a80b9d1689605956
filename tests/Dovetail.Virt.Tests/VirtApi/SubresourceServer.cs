using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Dovetail.Api;
using Dovetail.Api.KubeVirt;
using Dovetail.ApiServer;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using Dovetail.Virt.VirtApi.Admission;
using Dovetail.Virt.VirtApi.Subresources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Virt.Tests.VirtApi;

/// <summary>The API server with virt-api in it, over TLS on loopback, and a virt-handler of the test's own behind mutual TLS.</summary>
public sealed class SubresourceServer : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-virt-api-").FullName;
    private ApiServerHost server = null!;
    private SubresourceApi subresources = null!;
    private X509Certificate2 client = null!;
    private WebApplication handler = null!;

    internal IKubeApi Api { get; private set; } = null!;

    /// <summary>As the admin, below the group's version.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <summary>What the fake virt-handler does with a request; the last path segment is the subresource.</summary>
    public RequestDelegate OnNode { get; set; } = context => Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        using var authority = CertificateAuthority.LoadOrCreate(folder, TimeProvider.System);
        client = Usable(authority.IssueClient("admin", [UserInfo.MastersGroup]));
        var aggregated = new AggregatedApi(
            SubresourceApi.Group,
            [.. SubresourceApi.Versions.Select(v => (v, (ReadOnlyMemory<byte>)SubresourceApi.ResourceList(v)))],
            SubresourceApi.Version,
            context => subresources.HandleAsync(context));
        var options = new ApiServerOptions { Listen = new(IPAddress.Loopback, 0), PkiFolder = folder, PlatformCrds = [.. KubeVirtCrds.All.Select(c => c.Json)] };
        server = await ApiServerHost.StartAsync(options, new MemoryRevisionStore(), [new VirtAdmission(Guid.NewGuid)], [aggregated], TimeProvider.System, NullLoggerFactory.Instance, ct);
        var virtApi = Usable(authority.IssueClient("system:dovetail:virt-api", []));
        var trust = new HandlerTrust(() => virtApi, server.Authority.Certificate);
        subresources = new SubresourceApi(new EmbeddedKubeApi(server.Api, UserInfo.Component("virt-api"), new ParsedRevisions()), trust, "0.0.0-test");
        Api = new EmbeddedKubeApi(server.Api, UserInfo.Component("virt-controller"), new ParsedRevisions());
        Http = new HttpClient(new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == server.Authority.Certificate.Subject, ClientCertificates = [client] } })
        {
            BaseAddress = new Uri(server.Address, "/apis/subresources.kubevirt.io/v1/"),
        };

        handler = StartHandler(Usable(authority.IssueServer("virt-handler", ["127.0.0.1"])), context => OnNode(context));
        await handler.StartAsync(ct);
        var address = new Uri(handler.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;
        await Api.CreateAsync(BuiltInTypes.Nodes, new() { Metadata = new() { Name = "node-1", Annotations = new Dictionary<string, string> { [KubeVirtAnnotations.VirtHandlerAddress] = address } } }, ct);
    }

    /// <summary>A stored VM and its VMI in the given phase on node-1; without a phase only the VM.</summary>
    public async Task PutAsync(string ns, string strategy, string? phase, CancellationToken ct, params (string Type, string Status)[] conditions)
    {
        await Api.CreateAsync(BuiltInTypes.Namespaces, new() { Metadata = new() { Name = ns } }, ct);
        var vm = VirtController.Make.Vm(strategy);
        vm.Metadata = new() { Name = "web", NamespaceProperty = ns };
        vm.Status = null;
        await Api.CreateAsync(KubeVirtTypes.VirtualMachines, vm, ct);
        if (phase is null) return;
        var vmi = VirtController.Make.Vmi(null);
        vmi.Metadata = new() { Name = "web", NamespaceProperty = ns };
        var created = await Api.CreateAsync(KubeVirtTypes.VirtualMachineInstances, vmi, ct);
        var running = Copy(created);
        (running.Status!.Phase, running.Status.NodeName) = (phase, "node-1");
        running.Status.Conditions = [.. conditions.Select(c => VirtController.Make.Condition(c.Type, c.Status))];
        await Api.ReplaceAsync(KubeVirtTypes.VirtualMachineInstances, running, "", ct);
    }

    public async Task<WebSocket> OpenAsync(string path, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("plain.kubevirt.io");
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.ClientCertificates.Add(client);
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == server.Authority.Certificate.Subject;
        try
        {
            await socket.ConnectAsync(new Uri(new Uri($"wss://{server.Address.Authority}/apis/subresources.kubevirt.io/v1/"), path), ct);
        }
        catch (WebSocketException e)
        {
            throw new HttpRequestException(e.Message, e, socket.HttpStatusCode);
        }

        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await server.DisposeAsync();
        subresources.Dispose();
        await handler.DisposeAsync();
        client.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Objects of the seam are shared.</summary>
    public static VirtualMachineInstance Copy(VirtualMachineInstance vmi) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(vmi, KubeVirtTypes.VirtualMachineInstances.Json), KubeVirtTypes.VirtualMachineInstances.Json)!;

    private static WebApplication StartHandler(X509Certificate2 certificate, RequestDelegate serve)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (shown, _, _) => shown.Subject.Contains("system:dovetail:virt-api", StringComparison.Ordinal);
        })));
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(serve);
        return app;
    }

    private static X509Certificate2 Usable(IssuedCertificate issued)
    {
        using var pem = issued.ToX509();
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}
