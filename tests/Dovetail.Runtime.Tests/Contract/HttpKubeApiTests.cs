using System.Net;
using System.Security.Cryptography.X509Certificates;
using Dovetail.ApiServer;
using Dovetail.Kubeconfig;
using Dovetail.Runtime.Engines;
using Dovetail.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Runtime.Tests.Contract;

/// <summary>The engine over HTTPS, against our own API server on loopback with client certificates.</summary>
public sealed class HttpKubeApiTests : KubeApiContract
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-http-").FullName;
    private ApiServerHost? server;

    public override async ValueTask InitializeAsync()
    {
        Store = new MemoryRevisionStore();
        var options = new ApiServerOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), PkiFolder = folder };
        server = await ApiServerHost.StartAsync(options, Store, [], [], TimeProvider.System, NullLoggerFactory.Instance, Ct);
        var client = server.Authority.IssueClient("tests", ["system:masters"]);
        var connection = new ClusterConnection
        {
            Server = server.Address,
            Namespace = "default",
            Authorities = [X509CertificateLoader.LoadCertificate(server.Authority.Certificate.RawData)],
            ClientCertificate = X509Certificate2.CreateFromPem(client.CertificatePem, client.KeyPem),
        };
        Api = new HttpKubeApi(connection, "tests", TimeProvider.System);
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        ((HttpKubeApi)Api).Dispose();
        if (server is not null) await server.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
