using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>Settings that upstream's users and suites presume, each on a server of its own.</summary>
public sealed class ServerSettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-settings-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Services_get_addresses_of_the_range_and_none_outside_of_it()
    {
        await using var server = await StartAsync(Options with { ServiceRange = IPNetwork.Parse("10.0.0.0/28") });
        (await GetAsync(server, "/api/v1/namespaces/default/services/kubernetes")).Child("spec")!.Text("clusterIP").ShouldBe("10.0.0.1");
        var given = new HashSet<string> { "10.0.0.1" };
        for (var i = 0; i < 13; i++)
        {
            var (_, service) = await PostAsync(server, "/api/v1/namespaces/default/services", $$"""{"metadata":{"name":"s{{i}}"},"spec":{"ports":[{"port":80}]} }""");
            given.Add(service.Child("spec")!.Text("clusterIP")).ShouldBeTrue();
        }

        given.ShouldBe(Enumerable.Range(1, 14).Select(n => $"10.0.0.{n}"), ignoreOrder: true);
        (await PostAsync(server, "/api/v1/namespaces/default/services", """{"metadata":{"name":"late"},"spec":{"ports":[{"port":80}]}}""")).Body.Text("message").ShouldContain("range is full");
        (await PostAsync(server, "/api/v1/namespaces/default/services", """{"metadata":{"name":"far"},"spec":{"clusterIP":"10.96.0.9","ports":[{"port":80}]}}""")).Code.ShouldBe(422);
    }

    [Fact]
    public async Task A_plugin_that_is_switched_off_adds_nothing()
    {
        const string pod = """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
        await using var server = await StartAsync(Options with { DisabledAdmissionPlugins = ["ServiceAccount", "DefaultTolerationSeconds"] });
        var (code, made) = await PostAsync(server, "/api/v1/namespaces/default/pods", pod);
        code.ShouldBe(201, "with the plugin on, a pod without its service account is refused");
        made.Child("spec")!.ContainsKey("serviceAccountName").ShouldBeFalse();
        made.Child("spec")!.ContainsKey("tolerations").ShouldBeFalse();
    }

    [Theory]
    [InlineData("Node,RBAC", HttpStatusCode.Forbidden)]
    [InlineData("RBAC,AlwaysAllow", HttpStatusCode.OK)]
    [InlineData("AlwaysDeny", HttpStatusCode.Forbidden)]
    public async Task Who_decides_is_a_setting(string modes, HttpStatusCode answer)
    {
        var tokens = Path.Combine(folder, "tokens.csv");
        await File.WriteAllTextAsync(tokens, "sesame,alice,1\n", Ct);
        await using var server = await StartAsync(Options with { TokenFile = tokens, Authorization = AuthorizationModes.Parse(modes) });
        using var alice = Client(server, null);
        alice.DefaultRequestHeaders.Authorization = new("Bearer", "sesame");

        (await alice.GetAsync("/api/v1/namespaces", Ct)).StatusCode.ShouldBe(answer);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_counts_when_the_settings_name_it()
    {
        using var other = CertificateAuthority.LoadOrCreate(Path.Combine(folder, "other"), TimeProvider.System);
        var bundle = Path.Combine(folder, "clients.pem");
        await File.WriteAllTextAsync(bundle, other.CertificatePem, Ct);
        await using var server = await StartAsync(Options with { ClientCAFile = bundle });
        using var theirs = other.IssueClient("carol", ["system:masters"]).ForTls();
        using var client = Client(server, theirs);

        (await client.GetAsync("/api/v1/namespaces", Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(server, "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication")).Child("data")!.Text("client-ca-file").Split("BEGIN CERTIFICATE").Length.ShouldBe(3);

        (await AcceptableIssuersAsync(server)).ShouldBe([server.Authority.Certificate.Subject, other.Certificate.Subject], ignoreOrder: true, "a client with several certificates shows the one that is asked for");

        await File.WriteAllTextAsync(bundle, "nothing", Ct);
        await Should.ThrowAsync<InvalidDataException>(() => StartAsync(Options with { ClientCAFile = bundle, PkiFolder = Path.Combine(folder, "second") }));
    }

    private ApiServerOptions Options => new() { Listen = new IPEndPoint(IPAddress.Loopback, 0), PkiFolder = Path.Combine(folder, "pki") };

    private static Task<ApiServerHost> StartAsync(ApiServerOptions options) => ApiServerHost.StartAsync(options, new MemoryRevisionStore(), [], [], TimeProvider.System, NullLoggerFactory.Instance, Ct);

    private static async Task<JsonObject> GetAsync(ApiServerHost server, string path)
    {
        using var admin = server.Authority.IssueClient("admin", ["system:masters"]).ForTls();
        using var client = Client(server, admin);
        // What the server answers for itself, it makes a moment after it listens.
        for (var start = TimeProvider.System.GetTimestamp(); ;)
        {
            using var answer = await client.GetAsync(path, Ct);
            if (answer.IsSuccessStatusCode || TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMinutes(1)) return (JsonObject)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!;
        }
    }

    private static async Task<(int Code, JsonObject Body)> PostAsync(ApiServerHost server, string path, string body)
    {
        using var admin = server.Authority.IssueClient("admin", ["system:masters"]).ForTls();
        using var client = Client(server, admin);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(path, content, Ct);
        return ((int)answer.StatusCode, (JsonObject)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!);
    }

    private static async Task<string[]> AcceptableIssuersAsync(ApiServerHost server)
    {
        string[] named = [];
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, Ct);
        await using var tls = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = Trust(server),
            LocalCertificateSelectionCallback = (_, _, _, _, issuers) =>
            {
                if (issuers.Length > 0) named = issuers; // asked twice: before the server has said anything, too
                return null!;
            },
        };
        await tls.AuthenticateAsClientAsync(options, Ct);
        return named;
    }

    private static X509ChainPolicy Trust(ApiServerHost server) => new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { server.Authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck };

    private static HttpClient Client(ApiServerHost server, X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = Trust(server);
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        return new HttpClient(handler) { BaseAddress = server.Address };
    }
}
