using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>Requests that go through to a node, against a kubelet that says what it was asked.</summary>
public sealed class ConnectTests(ServerFixture server) : IClassFixture<ServerFixture>, IAsyncLifetime
{
    /// <summary>What a client may say of itself, that only the API server listens to, or nobody.</summary>
    private static readonly string[] Identity = ["Impersonate-Uid", "Impersonate-Extra-Scopes", "Impersonate-Other", "X-Remote-User", "X-Remote-Group", "X-Remote-Uid", "X-Remote-Extra-Scopes"];

    private WebApplication kubelet = null!;

    public async ValueTask InitializeAsync()
    {
        using var pem = server.Host.Authority.IssueServer("kubelet", ["127.0.0.1"]).ToX509();
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = static (_, _, _) => true;
        })));
        kubelet = builder.Build();
        kubelet.Run(AnswerAsync);
        await kubelet.StartAsync();
        var port = new Uri(kubelet.Urls.First()).Port;
        await server.PostAsync("/api/v1/nodes", """{"metadata":{"name":"n1"}}""");
        var status = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "n1" },
            ["status"] = new JsonObject
            {
                ["addresses"] = new JsonArray((JsonNode)new JsonObject { ["type"] = "InternalIP", ["address"] = "127.0.0.1" }),
                ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = port } },
            },
        };
        (await server.SendAsync(HttpMethod.Put, "/api/v1/nodes/n1/status", Encoding.UTF8.GetBytes(status.ToJsonString()), "application/json", null)).Code.ShouldBe(200);
        await server.PostAsync("/api/v1/namespaces/demo/pods", """{"metadata":{"name":"two"},"spec":{"nodeName":"n1","containers":[{"name":"a","image":"i"},{"name":"b","image":"i"}]}}""");
        await server.PostAsync("/api/v1/namespaces/demo/pods", """{"metadata":{"name":"waits"},"spec":{"containers":[{"name":"a","image":"i"}]}}""");
        await PlaceAsync("placed", "10.1.2.3");
        await PlaceAsync("metadata", "169.254.169.254");
        await server.PostAsync("/api/v1/namespaces/demo/pods", """{"metadata":{"name":"lost"},"spec":{"nodeName":"n2","containers":[{"name":"a","image":"i"}]}}""");
    }

    public async ValueTask DisposeAsync() => await kubelet.DisposeAsync();

    [Theory]
    [InlineData("/api/v1/namespaces/proxy-ns/services/proxy:80/proxy/a%2Fb?x=/proxy/y", true, "/a%2Fb?x=/proxy/y")]
    [InlineData("/api/v1/namespaces/ns/pods/p/proxy?x=y", true, "/?x=y")]
    [InlineData("https://host:6443/api/v1/nodes/proxy/proxy/logs/", false, "/logs/")]
    public void What_stands_behind_proxy_is_found_in_whatever_is_called_proxy(string raw, bool namespaced, string tail) => Nodes.ConnectEndpoint.Tail(raw, namespaced).ShouldBe(tail);

    [Fact]
    public async Task A_log_comes_from_the_container_on_its_node_and_the_API_server_shows_who_it_is()
    {
        using var answer = await server.Admin.GetAsync("/api/v1/namespaces/demo/pods/two/log?container=b&follow=true&tailLines=3");

        (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType).ShouldBe((HttpStatusCode.OK, "text/plain"));
        (await answer.Content.ReadAsStringAsync()).ShouldBe("kube-apiserver-kubelet-client GET /containerLogs/demo/two/b?follow=true&tailLines=3");
    }

    [Theory]
    [InlineData("two/log", 400, "a container name must be specified for pod two, choose one of: [a b]")]
    [InlineData("two/log?container=c", 400, "container c is not valid for pod two")]
    [InlineData("two/log?container=a&tailLines=-1&limitBytes=0", 422, "PodLogOptions \"two\" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0]")]
    [InlineData("two/log?container=a&tailLines=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("none/log", 404, "pods \"none\" not found")]
    [InlineData("lost/log", 404, "nodes \"n2\" not found")]
    [InlineData("waits/exec?command=ls", 400, "pod waits does not have a host assigned")]
    [InlineData("two/exec?container=a&command=ls", 400, "Upgrade request required")]
    [InlineData("two/proxy/", 400, "address not allowed")]
    [InlineData("metadata/proxy/", 400, "address not allowed")]
    [InlineData("placed:80@127.0.0.1/proxy/", 503, "error trying to reach service: dial tcp: lookup tcp/80@127.0.0.1: unknown port")]
    [InlineData("placed:99999/proxy/", 503, "error trying to reach service: dial tcp: lookup tcp/99999: unknown port")]
    public async Task What_cannot_be_reached_says_why(string path, int code, string message)
    {
        var (status, body) = await server.GetAsync($"/api/v1/namespaces/demo/pods/{path}");

        (status, (string?)body["message"]).ShouldBe((code, message));
    }

    [Fact]
    public async Task A_pod_that_runs_nowhere_has_an_empty_log()
    {
        using var answer = await server.Admin.GetAsync("/api/v1/namespaces/demo/pods/waits/log");

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_nodes_proxy_reaches_its_kubelet_with_path_and_query_as_they_were_written()
    {
        (await server.Admin.GetStringAsync("/api/v1/nodes/n1/proxy/logs/a%2Fb/?x=%20y")).ShouldBe("kube-apiserver-kubelet-client GET /logs/a%2Fb/?x=%20y");
    }

    [Fact]
    public async Task Nothing_of_who_the_client_is_reaches_a_kubelet()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/nodes/n1/proxy/headers") { Version = HttpVersion.Version20 };
        foreach (var name in Identity) request.Headers.TryAddWithoutValidation(name, "x");
        request.Headers.TryAddWithoutValidation("Impersonate-User", "kubernetes-admin");
        request.Headers.TryAddWithoutValidation("Impersonate-Group", "system:masters");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer sesame");
        request.Headers.TryAddWithoutValidation("X-Mine", "stays");
        using var answer = await server.Admin.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).Split('\n').ShouldBe(["host", "x-mine"], ignoreOrder: true);

        // Upgraded, the head of the request is written by hand.
        await using var tls = await HandshakeAsync();
        var headers = string.Concat(Identity.Select(name => $"{name}: x\r\n"));
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"POST /api/v1/nodes/n1/proxy/headers HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n{headers}Impersonate-User: kubernetes-admin\r\nImpersonate-Group: system:masters\r\nAuthorization: Bearer sesame\r\nX-Mine: stays\r\nX-Show: 1\r\n\r\n"));
        (await ReadUntilAsync(tls, "\r\n\r\n")).ShouldStartWith("HTTP/1.1 101");
        (await ReadUntilAsync(tls, "\n")).Trim().Split(',').ShouldBe(["connection", "host", "upgrade", "x-mine", "x-show"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_upgraded_connection_carries_bytes_both_ways()
    {
        await using var tls = await HandshakeAsync();
        await tls.WriteAsync("POST /api/v1/namespaces/demo/pods/two/exec?container=a&command=sh&command=-c&stdout=true&stdin=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"u8.ToArray());

        var head = await ReadUntilAsync(tls, "\r\n\r\n");
        head.ShouldStartWith("HTTP/1.1 101");
        head.ShouldContain("Upgrade: SPDY/3.1");
        (await ReadUntilAsync(tls, "\n")).ShouldBe("POST /exec/demo/two/a?input=1&output=1&command=sh&command=-c v4.channel.k8s.io\n");
        await tls.WriteAsync("ping\n"u8.ToArray());
        (await ReadUntilAsync(tls, "\n")).ShouldBe("PING\n");
    }

    private async Task PlaceAsync(string name, string address)
    {
        await server.PostAsync("/api/v1/namespaces/demo/pods", """{"metadata":{"name":"NAME"},"spec":{"nodeName":"n1","containers":[{"name":"a","image":"i"}]}}""".Replace("NAME", name, StringComparison.Ordinal));
        var status = new JsonObject { ["status"] = new JsonObject { ["podIP"] = address, ["podIPs"] = new JsonArray((JsonNode)new JsonObject { ["ip"] = address }) } };
        await server.SendAsync(HttpMethod.Patch, $"/api/v1/namespaces/demo/pods/{name}/status", Encoding.UTF8.GetBytes(status.ToJsonString()), "application/merge-patch+json", null);
    }

    /// <summary>A connection of one's own over HTTP/1.1, as the admin.</summary>
    private async Task<SslStream> HandshakeAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host.Address.Host, server.Host.Address.Port);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var handshake = server.AdminHandshake();
        handshake.ApplicationProtocols = [SslApplicationProtocol.Http11];
        await tls.AuthenticateAsClientAsync(handshake);
        return tls;
    }

    /// <summary>Says what it was asked; upgraded, it answers lines in capitals.</summary>
    private static async Task AnswerAsync(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            if (raw == "/headers")
            {
                await context.Response.WriteAsync(string.Join('\n', context.Request.Headers.Keys.Select(name => name.ToLowerInvariant())));
                return;
            }

            var who = (await context.Connection.GetClientCertificateAsync())!.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
            await context.Response.WriteAsync($"{who} {context.Request.Method} {raw}");
            return;
        }

        context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
        await using var stream = await upgrade.UpgradeAsync();
        if (context.Request.Headers.ContainsKey("X-Show"))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Join(',', context.Request.Headers.Keys.Select(name => name.ToLowerInvariant())) + "\n"));
            return;
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{context.Request.Method} {raw} {context.Request.Headers["X-Stream-Protocol-Version"]}\n"));
        var line = await ReadUntilAsync(stream, "\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line.ToUpperInvariant()));
    }

    private static async Task<string> ReadUntilAsync(Stream stream, string end)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal) && await stream.ReadAsync(one) == 1) text.Append((char)one[0]);
        return text.ToString();
    }
}
