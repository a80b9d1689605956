using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>Acting as somebody else, over HTTP; texts are those of kube-apiserver 1.36 for the same roles and headers.</summary>
public sealed class ImpersonationTests(ServerFixture server) : IClassFixture<ServerFixture>, IAsyncLifetime
{
    private const string Bot = "system:serviceaccount:demo:bot";
    private const string Cannot = $"User \"{Bot}\" cannot";
    private const string Reviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

    private HttpClient bot = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var account in new[] { "bot", "other", "plain" }) await server.PostAsync("/api/v1/namespaces/demo/serviceaccounts", $$"""{"metadata":{"name":"{{account}}"} }""");
        await server.PostAsync("/apis/rbac.authorization.k8s.io/v1/clusterroles", """
            {"metadata":{"name":"impersonate"},"rules":[
            {"apiGroups":[""],"resources":["users"],"verbs":["impersonate"],"resourceNames":["alice"]},
            {"apiGroups":[""],"resources":["groups"],"verbs":["impersonate"],"resourceNames":["dev"]},
            {"apiGroups":["authentication.k8s.io"],"resources":["uids"],"verbs":["impersonate"],"resourceNames":["u1"]},
            {"apiGroups":["authentication.k8s.io"],"resources":["userextras/scopes"],"verbs":["impersonate"],"resourceNames":["view"]},
            {"apiGroups":[""],"resources":["serviceaccounts"],"verbs":["impersonate"],"resourceNames":["other"]}]}
            """);
        await server.PostAsync("/apis/rbac.authorization.k8s.io/v1/clusterroles", """
            {"metadata":{"name":"constrained"},"rules":[
            {"apiGroups":["authentication.k8s.io"],"resources":["users"],"verbs":["impersonate:user-info"],"resourceNames":["carol"]},
            {"apiGroups":["authentication.k8s.io"],"resources":["nodes"],"verbs":["impersonate:arbitrary-node"],"resourceNames":["n1"]},
            {"apiGroups":[""],"resources":["configmaps"],"verbs":["impersonate-on:user-info:list","impersonate-on:arbitrary-node:list"]},
            {"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"],"verbs":["impersonate-on:user-info:create","impersonate-on:arbitrary-node:create"]}]}
            """);
        await BindAsync("impersonate", "bot");
        await BindAsync("constrained", "bot");
        bot = await ClientOfAsync("bot");
    }

    public ValueTask DisposeAsync()
    {
        bot.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Whoever_may_acts_as_user_group_uid_extra_and_service_account()
    {
        (await WhoAsync("Impersonate-User: alice")).ShouldBe("""{"username":"alice","groups":["system:authenticated"]}""");
        (await WhoAsync("Impersonate-User: alice", "Impersonate-Group: dev")).ShouldBe("""{"username":"alice","groups":["dev","system:authenticated"]}""");
        (await WhoAsync("Impersonate-User: alice", "Impersonate-Uid: u1")).ShouldBe("""{"username":"alice","uid":"u1","groups":["system:authenticated"]}""");
        (await WhoAsync("Impersonate-User: alice", "Impersonate-Extra-Scopes: view")).ShouldBe("""{"username":"alice","groups":["system:authenticated"],"extra":{"scopes":["view"]}}""");
        (await WhoAsync("Impersonate-User: system:serviceaccount:demo:other"))
            .ShouldBe("""{"username":"system:serviceaccount:demo:other","groups":["system:serviceaccounts","system:serviceaccounts:demo","system:authenticated"]}""");
        (await WhoAsync("Impersonate-User: carol")).ShouldBe("""{"username":"carol","groups":["system:authenticated"]}""");
        (await WhoAsync("Impersonate-User: system:node:n1")).ShouldBe("""{"username":"system:node:n1","groups":["system:nodes","system:authenticated"]}""");
    }

    [Theory]
    [InlineData($"groups \"ops\" is forbidden: {Cannot} impersonate resource \"groups\" in API group \"\" at the cluster scope", "Impersonate-User: alice", "Impersonate-Group: ops")]
    [InlineData($"uids.authentication.k8s.io \"u2\" is forbidden: {Cannot} impersonate resource \"uids\" in API group \"authentication.k8s.io\" at the cluster scope", "Impersonate-User: alice", "Impersonate-Uid: u2")]
    [InlineData($"userextras.authentication.k8s.io \"edit\" is forbidden: {Cannot} impersonate resource \"userextras/scopes\" in API group \"authentication.k8s.io\" at the cluster scope", "Impersonate-User: alice", "Impersonate-Extra-Scopes: edit")]
    [InlineData($"userextras.authentication.k8s.io \"x\" is forbidden: {Cannot} impersonate resource \"userextras/acme.com/project\" in API group \"authentication.k8s.io\" at the cluster scope", "Impersonate-User: alice", "Impersonate-Extra-Acme.com%2Fproject: x")]
    [InlineData($"users \"bob\" is forbidden: {Cannot} impersonate resource \"users\" in API group \"\" at the cluster scope", "Impersonate-User: bob")]
    [InlineData($"serviceaccounts \"third\" is forbidden: {Cannot} impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"demo\"", "Impersonate-User: system:serviceaccount:demo:third")]
    public async Task Who_went_the_old_way_is_refused_in_its_words(string message, params string[] headers)
    {
        await WhoAsync("Impersonate-User: alice");
        (await RefusalAsync(bot, Reviews, headers)).ShouldBe((403, message));
    }

    [Theory]
    [InlineData($"groups.authentication.k8s.io \"system:masters\" is forbidden: {Cannot} impersonate:user-info resource \"groups\" in API group \"authentication.k8s.io\" at the cluster scope: impersonating the system:masters group is not allowed", "Impersonate-User: carol", "Impersonate-Group: system:masters")]
    [InlineData($"groups.authentication.k8s.io \"dev\" is forbidden: {Cannot} impersonate:user-info resource \"groups\" in API group \"authentication.k8s.io\" at the cluster scope", "Impersonate-User: carol", "Impersonate-Group: dev")]
    [InlineData($"users.authentication.k8s.io \"system:anonymous\" is forbidden: {Cannot} impersonate:user-info resource \"users\" in API group \"authentication.k8s.io\" at the cluster scope", "Impersonate-User: system:anonymous")]
    public async Task Who_went_a_constrained_way_is_refused_in_its_words(string message, params string[] headers)
    {
        await WhoAsync("Impersonate-User: carol");
        (await RefusalAsync(bot, Reviews, headers)).ShouldBe((403, message));
    }

    [Fact]
    public async Task A_constrained_way_counts_only_for_what_it_was_granted_on_and_gives_no_right_of_its_own()
    {
        const string maps = "/api/v1/namespaces/demo/configmaps";
        const string secrets = "/api/v1/namespaces/demo/secrets";
        await WhoAsync("Impersonate-User: carol");
        (await RefusalAsync(bot, maps, "Impersonate-User: carol")).ShouldBe((403, "configmaps is forbidden: User \"carol\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"demo\""));
        (await RefusalAsync(bot, secrets, "Impersonate-User: carol")).ShouldBe((403, $"secrets is forbidden: {Cannot} impersonate-on:user-info:list resource \"secrets\" in API group \"\" in the namespace \"demo\""));
        await WhoAsync("Impersonate-User: system:node:n1");
        (await RefusalAsync(bot, Reviews, "Impersonate-User: system:node:n2"))
            .ShouldBe((403, $"nodes.authentication.k8s.io \"n2\" is forbidden: {Cannot} impersonate:arbitrary-node resource \"nodes\" in API group \"authentication.k8s.io\" at the cluster scope"));
    }

    [Theory]
    [InlineData("Name:\"\", UID:\"\", Groups:[]string{\"dev\"}, Extra:map[string][]string(nil)", "Impersonate-Group: dev")]
    [InlineData("Name:\"\", UID:\"u\", Groups:[]string(nil), Extra:map[string][]string(nil)", "Impersonate-Uid: u")]
    [InlineData("Name:\"\", UID:\"\", Groups:[]string(nil), Extra:map[string][]string{\"scopes\":[]string{\"view\"}}", "Impersonate-Extra-Scopes: view")]
    public async Task Nobody_can_be_a_group_alone(string shown, params string[] headers) =>
        (await RefusalAsync(bot, Reviews, headers)).ShouldBe((400, $"requested &user.DefaultInfo{{{shown}}} without impersonating a user name"));

    [Fact]
    public async Task Who_has_no_right_hears_of_the_constrained_way_and_headers_of_a_front_proxy_mean_nothing()
    {
        using var plain = await ClientOfAsync("plain");
        (await RefusalAsync(plain, Reviews, "Impersonate-User: alice"))
            .ShouldBe((403, "selfsubjectreviews.authentication.k8s.io is forbidden: User \"system:serviceaccount:demo:plain\" cannot impersonate-on:user-info:create resource \"selfsubjectreviews\" in API group \"authentication.k8s.io\" at the cluster scope"));

        var (code, body) = await SendAsync(plain, Reviews, ["X-Remote-User: root", "X-Remote-Group: system:masters", "Impersonate-Foo: x"]);
        (code, body.Child("status")!.Child("userInfo")!.Text("username")).ShouldBe((201, "system:serviceaccount:demo:plain"));
    }

    private async Task<string> WhoAsync(params string[] headers)
    {
        var (code, body) = await SendAsync(bot, Reviews, headers);
        code.ShouldBe(201, body.ToJsonString());
        return body.Child("status")!.Child("userInfo")!.ToJsonString();
    }

    private static async Task<(int Code, string Message)> RefusalAsync(HttpClient client, string path, params string[] headers)
    {
        var (code, body) = await SendAsync(client, path, headers);
        return (code, body.Text("message"));
    }

    private static async Task<(int Code, JsonObject Body)> SendAsync(HttpClient client, string path, string[] headers)
    {
        using var request = new HttpRequestMessage(path == Reviews ? HttpMethod.Post : HttpMethod.Get, path) { Version = System.Net.HttpVersion.Version20 };
        if (path == Reviews) request.Content = new StringContent("""{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}""", Encoding.UTF8, "application/json");
        foreach (var header in headers) request.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, (JsonObject)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    private async Task<HttpClient> ClientOfAsync(string account)
    {
        var (_, answer) = await server.PostAsync($"/api/v1/namespaces/demo/serviceaccounts/{account}/token", "{}");
        return server.Client(null, answer.Child("status")!.Text("token"));
    }

    private Task BindAsync(string role, string account) => server.PostAsync(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        $$"""{"metadata":{"name":"{{role}}-{{account}}"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{{role}}"},"subjects":[{"kind":"ServiceAccount","namespace":"demo","name":"{{account}}"}]}""");
}
