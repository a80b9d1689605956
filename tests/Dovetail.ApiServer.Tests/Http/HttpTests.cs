using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Security;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Tests.Http;

public sealed class HttpTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("/api/v1/nothings")]
    [InlineData("/apis/apps/v2")]
    [InlineData("/api//v1")]
    public async Task An_unknown_path_is_a_status_404(string path)
    {
        var (code, body) = await server.GetAsync(path);

        code.ShouldBe(404);
        ((string?)body["kind"]).ShouldBe("Status");
        ((string?)body["reason"]).ShouldBe("NotFound");
        body["details"].ShouldBeOfType<JsonObject>();
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/apis/example.com")]
    [InlineData("/apis/example.com/v1/things")]
    public async Task A_path_outside_of_the_API_is_a_page_404(string path)
    {
        using var answer = await server.Admin.GetAsync(path);

        ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync()).ShouldBe((404, "text/plain", "404 page not found\n"));
    }

    [Theory]
    [InlineData("resourceVersionMatch=Exact", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")]
    [InlineData("resourceVersion=5&resourceVersionMatch=Bad", "resourceVersionMatch: Unsupported value: \"Bad\": supported values: \"Exact\", \"NotOlderThan\", \"\"")]
    [InlineData("sendInitialEvents=true", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list")]
    [InlineData("watch=true&sendInitialEvents=true", "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
    [InlineData("watch=true&resourceVersion=5&resourceVersionMatch=Exact", "[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]")]
    public async Task List_options_that_do_not_go_together_are_422(string query, string why)
    {
        var (code, body) = await server.GetAsync($"/api/v1/namespaces/demo/configmaps?{query}");

        (code, (string?)body["message"]).ShouldBe((422, $"ListOptions.meta.k8s.io \"\" is invalid: {why}"));
    }

    [Theory]
    [InlineData("configmaps?history=true", "history is of one object: name it in the path")]
    [InlineData("configmaps/a?history=true&asOf=7", "asOf is not allowed together with history, which has every state")]
    public async Task What_history_does_not_answer_it_refuses(string path, string message)
    {
        var (code, body) = await server.GetAsync($"/api/v1/namespaces/demo/{path}");
        code.ShouldBe(400);
        body["message"]!.ToString().ShouldBe(message);
    }

    [Fact]
    public async Task The_root_lists_what_can_be_asked()
    {
        var (_, root) = await server.GetAsync("/");

        new[] { "/api", "/api/v1", "/apis", "/apis/sub.example.com/v1", "/version" }.ShouldBeSubsetOf(root["paths"]!.AsArray().Select(path => (string?)path));
    }

    [Fact]
    public async Task Who_may_not_is_not_told_what_is_there()
    {
        using var alice = server.Client(null, "sesame");
        foreach (var path in new[] { "/api/v1/namespaces/demo/pods/p/log", "/apis/nowhere.example.com/v1/things", "/api/v1/nodes/n" })
        {
            using var answer = await alice.GetAsync(new Uri(path, UriKind.Relative));
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }
    }

    [Fact]
    public async Task What_cannot_be_read_or_sent_is_415_406_405_413_or_400()
    {
        (await server.PostAsync("/api/v1/namespaces/demo/configmaps", "x", "text/plain")).Code.ShouldBe(415);
        (await server.GetAsync("/api/v1/namespaces", "image/png")).Code.ShouldBe(406);
        (await server.SendAsync(HttpMethod.Put, "/api/v1/namespaces", [], "application/json", null)).Code.ShouldBe(405);
        (await server.PostAsync("/api/v1/namespaces/demo/configmaps", "{")).Code.ShouldBe(400);
        (await server.PostAsync("/api/v1/namespaces/demo/configmaps", new string('[', 10_000))).Code.ShouldBe(400);
        var (code, body) = await server.PostAsync("/api/v1/namespaces/demo/configmaps", new string('x', (3 * 1024 * 1024) + 1));
        code.ShouldBe(413);
        ((string?)body["message"]).ShouldBe("Request entity too large: limit is 3145728");
    }

    [Fact]
    public async Task Lists_of_built_in_kinds_name_the_kind_once()
    {
        await server.PostAsync("/api/v1/namespaces/demo/configmaps", """{"metadata":{"name":"listed"}}""");

        var (_, list) = await server.GetAsync("/api/v1/namespaces/demo/configmaps?fieldSelector=metadata.name%3Dlisted");

        ((string?)list["kind"]).ShouldBe("ConfigMapList");
        var item = list["items"]!.AsArray().Single()!.AsObject();
        item.ContainsKey("kind").ShouldBeFalse();
        item.ContainsKey("apiVersion").ShouldBeFalse();
        ((string?)item["metadata"]!["name"]).ShouldBe("listed");
    }

    [Fact]
    public async Task A_watch_streams_events_as_they_happen()
    {
        var revision = (string?)(await server.GetAsync("/api/v1/namespaces/demo/configmaps")).Body["metadata"]!["resourceVersion"];
        using var response = await server.Admin.GetAsync(new Uri($"/api/v1/namespaces/demo/configmaps?watch=true&resourceVersion={revision}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());

        await server.PostAsync("/api/v1/namespaces/demo/configmaps", """{"metadata":{"name":"watched"}}""");

        var line = JsonNode.Parse((await lines.ReadLineAsync())!)!;
        ((string?)line["type"]).ShouldBe("ADDED");
        ((string?)line["object"]!["kind"]).ShouldBe("ConfigMap");
        ((string?)line["object"]!["metadata"]!["name"]).ShouldBe("watched");
    }

    [Fact]
    public async Task Tables_and_metadata_are_given_to_who_asks()
    {
        await server.PostAsync("/api/v1/namespaces/demo/configmaps", """{"metadata":{"name":"shown"},"data":{"a":"b"}}""");

        var table = (await server.GetAsync("/api/v1/namespaces/demo/configmaps/shown", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")).Body;
        var metadata = (await server.GetAsync("/api/v1/namespaces/demo/configmaps/shown", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")).Body;

        ((string?)table["kind"]).ShouldBe("Table");
        table["columnDefinitions"]!.AsArray().Select(c => (string?)c!["name"]).ShouldBe(["Name", "Data", "Age"]);
        ((string?)table["rows"]![0]!["cells"]![0]).ShouldBe("shown");
        ((string?)metadata["kind"]).ShouldBe("PartialObjectMetadata");
        metadata.ContainsKey("data").ShouldBeFalse();
    }

    [Fact]
    public async Task Aggregated_discovery_has_an_entity_tag_and_lists_aggregated_apis()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/apis") { Version = HttpVersion.Version20 };
        request.Headers.TryAddWithoutValidation("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json");
        using var response = await server.Admin.SendAsync(request);
        var groups = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["items"]!.AsArray();

        response.Content.Headers.ContentType!.ToString().ShouldContain("as=APIGroupDiscoveryList");
        groups.Select(g => (string?)g!["metadata"]!["name"]).ShouldContain("sub.example.com");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/apis") { Version = HttpVersion.Version20 };
        again.Headers.TryAddWithoutValidation("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await server.Admin.SendAsync(again);
        unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task An_aggregated_api_is_called_with_the_user()
    {
        using var response = await server.Admin.PutAsync(new Uri("/apis/sub.example.com/v1/namespaces/demo/things/a/poke", UriKind.Relative), null);

        (await response.Content.ReadAsStringAsync()).ShouldBe("kubernetes-admin");
    }

    [Fact]
    public async Task A_token_names_its_user_and_a_wrong_one_is_401()
    {
        using var alice = server.Client(null, "sesame");
        using var nobody = server.Client(null, "wrong");

        var (code, review) = await PostAsync(alice, "/apis/authentication.k8s.io/v1/selfsubjectreviews", """{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}""");
        code.ShouldBe(201);
        ((string?)review["status"]!["userInfo"]!["username"]).ShouldBe("alice");
        (await PostAsync(alice, "/api/v1/namespaces", """{"metadata":{"name":"x"}}""")).Code.ShouldBe(403);
        (await PostAsync(nobody, "/api/v1/namespaces", """{"metadata":{"name":"x"}}""")).Code.ShouldBe(401);
        using var version = await nobody.GetAsync(new Uri("/version", UriKind.Relative));
        version.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Who_shows_nothing_sees_health_and_version_only()
    {
        using var anonymous = server.Client(null, null);

        foreach (var path in new[] { "/healthz", "/livez", "/readyz?verbose", "/version" })
        {
            using var answer = await anonymous.GetAsync(new Uri(path, UriKind.Relative));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }

        foreach (var path in new[] { "/api", "/apis", "/api/v1/namespaces", "/metrics", "/openapi/v3" })
        {
            using var answer = await anonymous.GetAsync(new Uri(path, UriKind.Relative));
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }
    }

    [Theory]
    [InlineData("/apis/nowhere.example.com/v1/things", "application/json", "{}")]
    [InlineData("/api/v1/namespaces/demo/configmaps", "text/plain", "{}")]
    [InlineData("/api/v1/namespaces/demo/configmaps", "application/json", "no JSON")]
    [InlineData("/api/v1/namespaces/demo/configmaps?dryRun=x", "application/json", "{}")]
    public async Task Who_may_not_hears_that_before_anything_else_about_his_request(string path, string type, string body)
    {
        using var alice = server.Client(null, "sesame");
        using var content = new StringContent(body, System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type));

        using var answer = await alice.PostAsync(new Uri(path, UriKind.Relative), content);

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public void Only_what_can_become_a_stream_passes_the_gate()
    {
        RequestPath.TryParse("/api/v1/namespaces/demo/configmaps", out var path).ShouldBeTrue();
        var write = new DefaultHttpContext().Request;
        (write.Method, write.Headers.Upgrade) = ("POST", "websocket");
        var socket = new DefaultHttpContext().Request;
        (socket.Method, socket.Headers.Upgrade) = ("GET", "websocket");

        RequestKinds.IsLongRunning(write, path).ShouldBeFalse();
        RequestKinds.IsLongRunning(socket, path).ShouldBeTrue();
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_401()
    {
        using var other = CertificateAuthority.LoadOrCreate(Path.Combine(server.Folder, "other"), TimeProvider.System);
        using var stranger = server.Client(other.IssueClient("admin", ["system:masters"]), null);

        using var answer = await stranger.GetAsync(new Uri("/api/v1/namespaces", UriKind.Relative));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"Unauthorized\"");
    }

    [Fact]
    public async Task An_impersonated_user_has_his_own_rights()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces") { Version = HttpVersion.Version20 };
        request.Headers.Add("Impersonate-User", "bob");
        using var answer = await server.Admin.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("User \\\"bob\\\"");
    }

    [Fact]
    public async Task A_large_list_is_packed_for_who_takes_gzip()
    {
        foreach (var i in Enumerable.Range(0, 3))
            await server.PostAsync("/api/v1/namespaces/demo/configmaps", $$"""{"metadata":{"name":"large{{i}}"},"data":{"k":"{{new string('x', 60_000)}}"} }""");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/demo/configmaps") { Version = HttpVersion.Version20 };
        request.Headers.AcceptEncoding.Add(new("gzip"));
        using var response = await server.Admin.SendAsync(request);

        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        (await response.Content.ReadAsByteArrayAsync()).Length.ShouldBeLessThan(10_000);
    }

    private static async Task<(int Code, JsonObject Body)> PostAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content);
        return ((int)response.StatusCode, (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>What kube-apiserver 1.36 answers to the same requests.</summary>
    [Theory]
    [InlineData("GET", "/api/v1/namespaces/demo/configmaps?resourceVersion=abc", 400, "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax")]
    [InlineData("GET", "/api/v1/namespaces/demo?resourceVersion=abc", 500, "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax")]
    [InlineData("GET", "/api/v1/namespaces/demo/configmaps?continue=!!", 400, "invalid continue token: continue key is not valid: illegal base64 data at input byte 0")]
    [InlineData("GET", "/api/v1/namespaces/demo/configmaps?labelSelector=a%3D%3D%3Db", 400, "unable to parse requirement: found '=', expected: identifier")]
    [InlineData("GET", "/api/v1/namespaces/demo/configmaps?timeout=1x", 400, "invalid timeout specified in the request URL - time: unknown unit \"x\" in duration \"1x\"")]
    [InlineData("GET", "/api/v1/namespaces/demo/pods/a%2fb", 404, "the server could not find the requested resource")]
    [InlineData("GET", "/api/v1/namespaces/demo/services/none/proxy/", 404, "services \"none\" not found")]
    [InlineData("POST", "/api/v1/pods", 405, "the server does not allow this method on the requested resource")]
    [InlineData("OPTIONS", "/api/v1/pods", 405, "the server does not allow this method on the requested resource")]
    [InlineData("DELETE", "/api/v1/namespaces/demo/configmaps/none?propagationPolicy=Orphan&orphanDependents=true", 422, "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Orphan\": orphanDependents and deletionPropagation cannot be both set")]
    [InlineData("DELETE", "/api/v1/namespaces/demo/configmaps/none?dryRun=foo", 422, "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"foo\"]: supported values: \"All\"")]
    public async Task Odd_requests_are_refused_in_upstreams_words(string method, string path, int code, string message)
    {
        var (status, body) = await server.SendAsync(new HttpMethod(method), path, null, null, null);

        (status, (string?)body["message"]).ShouldBe((code, message));
    }

    [Fact]
    public async Task A_built_in_kind_is_sent_in_protobuf_to_who_prefers_it_and_a_refusal_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/demo");
        request.Headers.TryAddWithoutValidation("Accept", "application/vnd.kubernetes.protobuf,application/json");
        using var answer = await server.Admin.SendAsync(request);
        using var missing = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/none");
        missing.Headers.TryAddWithoutValidation("Accept", "application/vnd.kubernetes.protobuf");
        using var refusal = await server.Admin.SendAsync(missing);

        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/vnd.kubernetes.protobuf");
        ((string?)Machinery.Protobuf.KubernetesProtobuf.Decode(await answer.Content.ReadAsByteArrayAsync())["metadata"]!["name"]).ShouldBe("demo");
        ((string?)Machinery.Protobuf.KubernetesProtobuf.Decode(await refusal.Content.ReadAsByteArrayAsync())["message"]).ShouldBe("namespaces \"none\" not found");
    }

    [Fact]
    public async Task Metrics_count_requests_under_upstreams_names()
    {
        await server.GetAsync("/api/v1/namespaces/demo/configmaps/none");

        var text = await server.Admin.GetStringAsync("/metrics");

        text.ShouldContain("apiserver_request_total{code=\"404\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"configmaps\",scope=\"resource\",subresource=\"\",system_client=\"\",verb=\"GET\",version=\"v1\"}");
        text.ShouldContain("apiserver_request_duration_seconds_bucket{");
        text.ShouldContain("apiserver_request_sli_duration_seconds_bucket{");
        text.ShouldNotContain("apiserver_request_sli_duration_seconds_bucket{component=\"apiserver\",group=\"\",resource=\"configmaps\",scope=\"resource\",subresource=\"\",verb=\"GET\",version=\"v1\",le=\"0.005\"}");
        text.ShouldContain("authentication_attempts{result=\"success\"}");
        text.ShouldContain("authorization_duration_seconds_count{result=\"allowed\"}");
        text.ShouldContain("process_open_fds ");
    }

    [Fact]
    public async Task Componentstatuses_tell_of_upstreams_components()
    {
        var (_, all) = await server.GetAsync("/api/v1/componentstatuses");
        all["items"]!.AsArray().Select(item => (string?)item!["metadata"]!["name"]).ShouldBe(["scheduler", "controller-manager", "etcd-0"]);
        all["items"]!.AsArray().ShouldAllBe(item => (string?)item!["conditions"]![0]!["status"] == "True");

        var (code, one) = await server.GetAsync("/api/v1/componentstatuses/etcd-0");
        (code, (string?)one["kind"]).ShouldBe((200, "ComponentStatus"));
        (await server.GetAsync("/api/v1/componentstatuses/none")).Code.ShouldBe(404);
        (await server.GetAsync("/api/v1/componentstatuses?fieldSelector=metadata.name%3Detcd-0")).Body["items"]!.AsArray().Count.ShouldBe(1);
        (await server.GetAsync("/api/v1/componentstatuses", "application/json;as=Table;v=v1;g=meta.k8s.io")).Body["rows"]!.AsArray().Count.ShouldBe(3);
    }

    /// <summary>What kube-apiserver 1.36.2 answers.</summary>
    [Theory]
    [InlineData("/", 200)]
    [InlineData("/api", 405)]
    [InlineData("/api/v1", 405)]
    [InlineData("/apis", 200)]
    [InlineData("/apis/apps", 200)]
    [InlineData("/apis/apps/v1", 405)]
    [InlineData("/version", 405)]
    [InlineData("/healthz", 200)]
    [InlineData("/metrics", 200)]
    [InlineData("/openapi/v2", 200)]
    [InlineData("/openid/v1/jwks", 405)]
    [InlineData("/.well-known/openid-configuration", 405)]
    [InlineData("/api/v1/namespaces/default", 405)]
    [InlineData("/api/v1/nothings", 404)]
    public async Task HEAD_is_answered_where_upstream_answers_it(string path, int code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path) { Version = HttpVersion.Version20 };
        using var answer = await server.Admin.SendAsync(request);
        ((int)answer.StatusCode, (await answer.Content.ReadAsByteArrayAsync()).Length).ShouldBe((code, 0));
    }

    [Theory]
    [InlineData("/apis", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")]
    [InlineData("/apis", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", "406")]
    [InlineData("/apis", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", "application/json")]
    [InlineData("/apis/apps", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", "406")]
    [InlineData("/api/v1", "application/yaml", "application/yaml")]
    [InlineData("/api/v1", "text/html", "406")]
    [InlineData("/api/v1", "*/*", "application/json")]
    public async Task Discovery_is_sent_as_it_is_asked_for(string path, string accept, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = HttpVersion.Version20 };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await server.Admin.SendAsync(request);
        (answer.IsSuccessStatusCode ? answer.Content.Headers.NonValidated["Content-Type"].ToString() : $"{(int)answer.StatusCode}").ShouldBe(expected);
    }
}
