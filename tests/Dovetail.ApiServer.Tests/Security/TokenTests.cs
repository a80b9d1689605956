using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Security;

public sealed class TokenTests
{
    private readonly RegistryHarness api = new();

    public TokenTests() => api.Create("", "v1", "serviceaccounts", "demo", """{"metadata":{"name":"bot"}}""");

    [Fact]
    public void A_token_proves_its_account_until_it_expires()
    {
        var token = Request("{}").Child("status")!.Text("token");
        var status = Review(token);
        status.Child("user")!.Text("username").ShouldBe("system:serviceaccount:demo:bot");
        status.Child("user")!.Strings("groups").ShouldBe(["system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated"]);
        status.Child("user")!.Child("extra")!.Strings("authentication.kubernetes.io/credential-id").Single().ShouldStartWith("JTI=");
        status.Strings("audiences").ShouldBe(["https://kubernetes.default.svc"]);
        api.Time.Advance(TimeSpan.FromMinutes(62));
        Review(token).Text("error").ShouldBe("[invalid bearer token, service account token has expired]");
    }

    [Fact]
    public void A_token_ends_with_its_account_even_when_another_takes_the_name()
    {
        var token = Request("{}").Child("status")!.Text("token");
        api.Delete(Target("", "v1", "serviceaccounts", "demo", "bot"));
        Review(token).ContainsKey("authenticated").ShouldBeFalse();
        api.Create("", "v1", "serviceaccounts", "demo", """{"metadata":{"name":"bot"}}""");
        Review(token).Text("error").ShouldContain("service account UID (");
    }

    [Fact]
    public void A_token_that_was_touched_proves_nobody()
    {
        var token = Request("{}").Child("status")!.Text("token");
        var parts = token.Split('.');
        Review($"{parts[0]}.{parts[1][..^2]}AA.{parts[2]}").Text("error").ShouldBe("invalid bearer token");
        Review($"{parts[0]}.{parts[1]}.").Text("error").ShouldBe("invalid bearer token");
        Review("xx").Text("error").ShouldBe("invalid bearer token");
    }

    [Fact]
    public void A_token_for_somebody_else_does_not_count_here()
    {
        var token = Request("""{"spec":{"audiences":["vault"]}}""").Child("status")!.Text("token");
        Review(token).Text("error").ShouldBe("[invalid bearer token, token audiences [\"vault\"] is invalid for the target audiences [\"https://kubernetes.default.svc\"]]");
        Review(token, "vault", "other").Strings("audiences").ShouldBe(["vault"]);
    }

    [Fact]
    public void A_pods_token_names_the_pod_and_its_node_and_ends_with_the_pod()
    {
        api.Create("", "v1", "nodes", "", """{"metadata":{"name":"n1"}}""");
        var pod = api.Create("", "v1", "pods", "demo", """{"metadata":{"name":"web"},"spec":{"nodeName":"n1","serviceAccountName":"bot","terminationGracePeriodSeconds":0,"containers":[{"name":"c","image":"i"}]}}""");
        var uid = pod.Metadata().Text("uid");
        var answer = Request($$"""{"spec":{"expirationSeconds":3607,"boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"web","uid":"{{uid}}"} } }""");
        answer.Child("status")!.Text("expirationTimestamp").ShouldBe("2026-01-02T04:04:12Z");
        var token = answer.Child("status")!.Text("token");
        var extra = Review(token).Child("user")!.Child("extra")!;
        extra.Strings("authentication.kubernetes.io/pod-name").ShouldBe(["web"]);
        extra.Strings("authentication.kubernetes.io/pod-uid").ShouldBe([uid]);
        extra.Strings("authentication.kubernetes.io/node-name").ShouldBe(["n1"]);
        // A mounted token that a client has read only once goes on, and is warned about.
        api.Time.Advance(TimeSpan.FromHours(5));
        Review(token).ContainsKey("authenticated").ShouldBeTrue();
        api.Delete(Target("", "v1", "pods", "demo", "web"), new DeleteOptions { GracePeriodSeconds = 0 });
        Review(token).Text("error").ShouldBe("[invalid bearer token, service account token has been invalidated]");
    }

    [Theory]
    [InlineData("""{"spec":{"expirationSeconds":599}}""", 422, "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes")]
    [InlineData("""{"spec":{"expirationSeconds":4294967297}}""", 422, "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds")]
    [InlineData("""{"spec":{"boundObjectRef":{"kind":"Job","apiVersion":"batch/v1","name":"a"}}}""", 400, "cannot bind token to object of type batch/v1, Kind=Job")]
    [InlineData("""{"spec":{"boundObjectRef":{"kind":"Secret","apiVersion":"v1","name":"a"}}}""", 404, "secrets \"a\" not found")]
    [InlineData("""{"metadata":{"name":"other"}}""", 422, "TokenRequest.authentication.k8s.io \"bot\" is invalid: metadata.name: Invalid value: \"other\": must match the service account name if specified")]
    public void A_request_that_cannot_be_met_is_refused_in_upstreams_words(string request, int code, string message)
    {
        var refusal = Refused(() => Request(request));
        refusal.Code.ShouldBe(code);
        refusal.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("true", "", "abcdef0123456789", true)]
    [InlineData("true", "2026-01-02T03:04:04Z", "abcdef0123456789", false)]
    [InlineData("true", "2026-01-02T03:04:06Z", "abcdef0123456789", true)]
    [InlineData("false", "", "abcdef0123456789", false)]
    [InlineData("true", "", "0123456789abcdef", false)]
    public void A_bootstrap_token_counts_while_its_secret_says_so(string usage, string expiration, string secret, bool counts)
    {
        api.Create("", "v1", "namespaces", "", """{"metadata":{"name":"kube-system"}}""");
        api.Create(
            "",
            "v1",
            "secrets",
            "kube-system",
            $$"""
            {"metadata":{"name":"bootstrap-token-0a1b2c"},"type":"bootstrap.kubernetes.io/token",
             "stringData":{"token-id":"0a1b2c","token-secret":"abcdef0123456789","usage-bootstrap-authentication":"{{usage}}","expiration":"{{expiration}}","auth-extra-groups":"system:bootstrappers:kubeadm"} }
            """);
        var status = Review($"0a1b2c.{secret}");
        if (!counts) status.ContainsKey("authenticated").ShouldBeFalse();
        else status.Child("user")!.Strings("groups").ShouldBe(["system:bootstrappers", "system:bootstrappers:kubeadm", "system:authenticated"]);
    }

    [Fact]
    public void The_token_of_a_secret_counts_as_long_as_the_secret_holds_it()
    {
        var uid = api.Get(Target("", "v1", "serviceaccounts", "demo", "bot")).Metadata().Text("uid");
        var token = api.Registry.AccountTokens.IssueForSecret("demo", "bot", uid, "bot-token");
        Review(token).Text("error").ShouldBe("[invalid bearer token, token has been invalidated]");
        api.Create("", "v1", "secrets", "demo", $$"""{"metadata":{"name":"bot-token"},"stringData":{"token":"{{token}}"} }""");
        Review(token).Child("user")!.Text("username").ShouldBe("system:serviceaccount:demo:bot");
        api.Merge(Target("", "v1", "secrets", "demo", "bot-token"), """{"stringData":{"token":"another"}}""");
        Review(token).Text("error").ShouldBe("[invalid bearer token, token does not match server's copy]");
    }

    private JsonObject Request(string json) => api.Create(Target("", "v1", "serviceaccounts", "demo", "bot", "token"), json);

    private JsonObject Review(string token, params string[] audiences)
    {
        var spec = new JsonObject { ["token"] = token, ["audiences"] = new JsonArray([.. audiences.Select(a => JsonValue.Create(a))]) };
        return api.Create(Target("authentication.k8s.io", "v1", "tokenreviews"), new JsonObject { ["spec"] = spec }.ToJsonString()).Child("status")!;
    }
}
