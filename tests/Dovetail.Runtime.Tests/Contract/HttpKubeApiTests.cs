using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.ApiServer;
using Dovetail.Runtime.Engines;
using Dovetail.Store;
using k8s;
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
        var configuration = new KubernetesClientConfiguration
        {
            Host = server.Address.ToString(),
            SslCaCerts = [X509CertificateLoader.LoadCertificate(server.Authority.Certificate.RawData)],
            ClientCertificateData = Convert.ToBase64String(Encoding.UTF8.GetBytes(client.CertificatePem)),
            ClientCertificateKeyData = Convert.ToBase64String(Encoding.UTF8.GetBytes(client.KeyPem)),
        };
        Api = new HttpKubeApi(configuration, "tests", TimeProvider.System);
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
