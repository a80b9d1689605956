using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Tests.Http;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>Hostile bytes on the wire: the front door answers with a Status below 500 or ends the connection, soon, and goes on serving everybody else.</summary>
public sealed class HttpFuzzTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly string[] Methods = ["GET", "GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO", "get"];

    private static readonly string[] Types =
    [
        "application/json", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/merge-patch+json", "application/json-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml", "application/cbor", "text/plain", "", ";", "application/json; charset=utf-16", "*/*",
    ];

    private static readonly string[] Accepts =
    [
        "application/json", "*/*", "application/yaml", "application/vnd.kubernetes.protobuf,application/json", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
        "application/json;as=Table;v=v9;g=x", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", ";;;", ",", "text/html", "application/json;q=x", "a/b/c;=;",
    ];

    [Fact]
    public async Task Whatever_is_sent_over_the_wire_is_answered_or_cut_off_and_the_server_goes_on()
    {
        var done = 0;
        await FuzzRun.SeedsAsync(async random =>
        {
            var request = Request(random);
            if (random.Next(3) == 0) request = NastyText.Mutate(random, request);
            var answer = await ExchangeAsync(request);
            var line = answer.Split('\r', 2)[0];
            if (line.StartsWith("HTTP/1.1 5", StringComparison.Ordinal) && !IsUpstreamsOwn(answer))
                Assert.Fail($"{line}\n{Encoding.Latin1.GetString(request.AsSpan(0, Math.Min(request.Length, 2000)))}\n{answer[..Math.Min(answer.Length, 1500)]}");
            if (++done % 100 == 0) (await server.GetAsync("/api/v1/namespaces/demo")).Code.ShouldBe(200);
        });
        (await server.GetAsync("/api/v1/namespaces/demo")).Code.ShouldBe(200);
    }

    private static byte[] Request(Random random)
    {
        string[] paths =
        [
            "/api", "/apis", "/api/v1", "/apis/apps/v1", "/api/v1/pods", "/api/v1/namespaces/demo/configmaps", "/api/v1/namespaces/demo/configmaps/a", "/apis/apps/v1/namespaces/demo/deployments", "/apis/apps/v1/namespaces/demo/deployments/a/scale",
            "/api/v1/namespaces/demo/pods/a/log", "/api/v1/namespaces/demo/pods/a/binding", "/api/v1/namespaces/demo/serviceaccounts/default/token", "/openapi/v2", "/openapi/v3", "/openapi/v3/apis/apps/v1", "/livez", "/readyz", "/metrics", "/version",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "/apis/sub.example.com/v1/namespaces/demo/things/a/poke", "/.well-known/openid-configuration", "/" + Escaped(random), "/api/v1/namespaces/" + Escaped(random) + "/configmaps/" + Escaped(random),
        ];
        string[] names = ["labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch", "sendInitialEvents", "allowWatchBookmarks", "timeout", "dryRun", "fieldManager", "fieldValidation", "force", "pretty", "includeObject", "gracePeriodSeconds", "propagationPolicy", "watch", Escaped(random)];
        var query = string.Join('&', Enumerable.Range(0, random.Next(4)).Select(_ => $"{random.Pick(names)}={(random.Next(2) == 0 ? random.Pick(["true", "1", "0", "All", "Strict", "a", "Exact", "NotOlderThan"]) : Escaped(random))}"));
        var body = random.Next(5) switch
        {
            0 => [],
            1 => NastyProtobuf.Object(random),
            2 => new NastyJson(random).Any(4),
            _ => new NastyJson(random).Object(ResourceCatalog.BuiltIn.Find("", "v1", "configmaps")!, "demo", "a"),
        };
        // A watch would last: it is asked to end.
        var head = new StringBuilder($"{random.Pick(Methods)} {random.Pick(paths)}?timeoutSeconds=1&{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
        if (random.Next(3) > 0) head.Append($"Content-Type: {random.Pick(Types)}\r\n");
        if (random.Next(3) > 0) head.Append($"Accept: {random.Pick(Accepts)}\r\n");
        if (random.Next(10) == 0) head.Append($"{random.Pick(["Impersonate-User", "Impersonate-Group", "Impersonate-Extra-a%zz", "Content-Encoding", "If-None-Match", "Accept-Encoding", "Expect", "Upgrade", "User-Agent", "X-HTTP-Method-Override", "Audit-ID"])}: {Printable(random)}\r\n");
        if (random.Next(4) == 0) head.Append($"Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n");
        else head.Append($"Content-Length: {body.Length}\r\n\r\n");
        byte[] end = head.ToString().Contains("chunked", StringComparison.Ordinal) ? [.. "\r\n0\r\n\r\n"u8] : [];
        return [.. Encoding.Latin1.GetBytes(head.ToString()), .. body, .. end];
    }

    private static string Escaped(Random random) => random.Next(4) == 0 ? Printable(random).Replace(' ', '+') : Uri.EscapeDataString(NastyText.Word(random));

    private static string Printable(Random random) => string.Concat(NastyText.Word(random).Where(c => c is > ' ' and < '\u007f'));

    private async Task<string> ExchangeAsync(byte[] request)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host.Address.Host, server.Host.Address.Port, limit.Token);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(server.AdminHandshake(), limit.Token);
        try
        {
            await tls.WriteAsync(request, limit.Token);
            // What lacks its end is over when the client is: a server that waited longer would be waiting for ever.
            await tls.ShutdownAsync();
            socket.Client.Shutdown(SocketShutdown.Send);
            using var answer = new MemoryStream();
            await tls.CopyToAsync(answer, limit.Token);
            return Encoding.Latin1.GetString(answer.ToArray());
        }
        catch (IOException)
        {
            return ""; // cut off
        }
    }

    /// <summary>What else there is above 500 says that a version, an upgrade or a wait is not to be had; and some mistakes of clients Kubernetes itself answers with 500.</summary>
    private static bool IsUpstreamsOwn(string answer) =>
        !answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal) || answer.Contains("strconv.ParseUint", StringComparison.Ordinal)
        || answer.Contains("failed to create typed patch object", StringComparison.Ordinal) || answer.Contains("unable to find api field", StringComparison.Ordinal);
}
