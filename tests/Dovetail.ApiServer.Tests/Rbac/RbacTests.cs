using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.Rbac.RbacHarness;

namespace Dovetail.ApiServer.Tests.Rbac;

public sealed class RbacTests
{
    private static readonly UserInfo Alice = User("alice", "dev");

    [Theory]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}""", "get", "pods", "", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}""", "list", "pods", "", false)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}""", "get", "pods/log", "", false)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods/log"]}""", "get", "pods/log", "", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods/log"]}""", "get", "pods", "", false)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["*/log"]}""", "get", "pods/log", "", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods/*"]}""", "get", "pods/log", "", false)]
    [InlineData("""{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}""", "get", "pods/log", "", true)]
    [InlineData("""{"verbs":["*"],"apiGroups":["apps"],"resources":["*"]}""", "get", "pods", "", false)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]}""", "get", "pods", "a", true)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]}""", "get", "pods", "b", false)]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]}""", "get", "pods", "", false)]
    public void A_rule_gives_what_its_fields_name_and_nothing_else(string rule, string verb, string resource, string name, bool allowed)
    {
        var harness = new RegistryHarness();
        harness.ClusterRole("it", rule);
        harness.Bind("", "it", "ClusterRole/it", "User/alice");
        harness.May(Alice, verb, resource, "demo", name).ShouldBe(allowed);
    }

    [Theory]
    [InlineData("/healthz/*", "/healthz/etcd", true)]
    [InlineData("/healthz/*", "/healthz", false)]
    [InlineData("/api*", "/apis", true)]
    [InlineData("*", "/anything", true)]
    [InlineData("/version", "/version/", false)]
    public void A_path_is_met_whole_or_by_what_stands_before_the_star(string rule, string path, bool allowed)
    {
        var harness = new RegistryHarness();
        harness.ClusterRole("it", $$"""{"verbs":["get"],"nonResourceURLs":["{{rule}}"]}""");
        harness.Bind("", "it", "ClusterRole/it", "Group/dev");
        harness.MayGetPath(Alice, path).ShouldBe(allowed);
    }

    [Fact]
    public void A_role_binding_counts_in_its_namespace_alone()
    {
        var harness = new RegistryHarness();
        harness.ClusterRole("readers", """{"verbs":["get"],"apiGroups":[""],"resources":["pods","nodes"]}""");
        harness.Bind("demo", "readers", "ClusterRole/readers", "ServiceAccount/demo/bot");
        var bot = User("system:serviceaccount:demo:bot");
        harness.Ask(bot, "get", "pods", "demo").Reason.ShouldBe("""RBAC: allowed by RoleBinding "readers/demo" of ClusterRole "readers" to ServiceAccount "bot/demo" """.TrimEnd());
        harness.May(bot, "get", "pods", "other").ShouldBeFalse();
        harness.May(bot, "get", "nodes").ShouldBeFalse();
        harness.May(User("system:serviceaccount:other:bot"), "get", "pods", "demo").ShouldBeFalse();
    }

    [Fact]
    public void A_decision_sees_every_change_that_was_acknowledged_before_it()
    {
        var harness = new RegistryHarness();
        harness.May(Alice, "get", "pods", "demo").ShouldBeFalse();
        harness.Bind("demo", "it", "Role/it", "User/alice");
        harness.Ask(Alice, "get", "pods", "demo").Reason.ShouldBe($"RBAC: role.{Group} \"it\" not found");
        harness.Role("demo", "it", """{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}""");
        harness.May(Alice, "get", "pods", "demo").ShouldBeTrue();
        harness.Merge(RegistryHarness.Target(Group, "v1", "roles", "demo", "it"), """{"rules":[]}""");
        harness.May(Alice, "get", "pods", "demo").ShouldBeFalse();
        harness.Delete(RegistryHarness.Target(Group, "v1", "rolebindings", "demo", "it"));
        harness.Ask(Alice, "get", "pods", "demo").Reason.ShouldBe("");
        harness.ClusterRole("wide", """{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}""");
        harness.Bind("", "wide", "ClusterRole/wide", "Group/dev");
        harness.May(Alice, "get", "pods", "demo").ShouldBeTrue();
        harness.Delete(RegistryHarness.Target(Group, "v1", "clusterrolebindings", "", "wide"));
        harness.May(Alice, "get", "pods", "demo").ShouldBeFalse();
    }

    [Fact]
    public void A_right_to_one_name_serves_to_list_and_watch_that_name()
    {
        var harness = new RegistryHarness();
        harness.Role("demo", "it", """{"verbs":["list"],"apiGroups":[""],"resources":["configmaps"],"resourceNames":["mine"]}""");
        harness.Bind("demo", "it", "Role/it", "User/alice");
        var target = RegistryHarness.ConfigMaps() with { User = Alice };
        harness.List(target, new ListOptions { FieldSelector = "metadata.name=mine" }).Items.ShouldBeEmpty();
        RegistryHarness.Refused(() => harness.List(target)).Message.ShouldBe(
            "configmaps is forbidden: User \"alice\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"demo\"");
    }

    [Fact]
    public void A_namespace_is_asked_for_in_itself()
    {
        var harness = new RegistryHarness();
        harness.Role("demo", "it", """{"verbs":["get"],"apiGroups":[""],"resources":["namespaces"]}""");
        harness.Bind("demo", "it", "Role/it", "User/alice");
        harness.Get(RegistryHarness.Target("", "v1", "namespaces", name: "demo") with { User = Alice });
        RegistryHarness.Refused(() => harness.Get(RegistryHarness.Target("", "v1", "namespaces", name: "other") with { User = Alice })).Message.ShouldBe(
            "namespaces \"other\" is forbidden: User \"alice\" cannot get resource \"namespaces\" in API group \"\" in the namespace \"other\"");
    }

    [Fact]
    public async Task Nobody_gives_rules_that_he_has_not()
    {
        var harness = await BootstrappedAsync();
        harness.Bind("demo", "admins", "ClusterRole/system:aggregate-to-admin", "User/alice");
        harness.Bind("demo", "viewers", "ClusterRole/system:aggregate-to-view", "User/alice");
        var roles = RegistryHarness.Target(Group, "v1", "roles", "demo") with { User = Alice };
        harness.Create(roles, """{"metadata":{"name":"fine"},"rules":[{"verbs":["get","watch"],"apiGroups":[""],"resources":["pods"]}]}""");
        var refused = RegistryHarness.Refused(() => harness.Create(
            roles,
            """{"metadata":{"name":"more"},"rules":[{"verbs":["get","delete","update"],"apiGroups":["","apps"],"resources":["pods"]},{"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a"]}]}"""));
        refused.Code.ShouldBe(403);
        refused.Message.ShouldBe(
            $$"""
            roles.{{Group}} "more" is forbidden: user "alice" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
            {APIGroups:[""], Resources:["pods"], Verbs:["delete" "update"]}
            {APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["get"]}
            {APIGroups:["apps"], Resources:["pods"], Verbs:["get" "delete" "update"]}
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Binding_a_role_takes_its_rules_or_the_verb_bind()
    {
        var harness = await BootstrappedAsync();
        harness.Bind("demo", "admins", "ClusterRole/system:aggregate-to-admin", "User/alice");
        var bindings = RegistryHarness.Target(Group, "v1", "rolebindings", "demo") with { User = Alice };
        const string Json = """{"metadata":{"name":"new"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"system:aggregate-to-view"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"bob"}]}""";
        RegistryHarness.Refused(() => harness.Create(bindings, Json)).Message.ShouldContain("is attempting to grant RBAC permissions not currently held");
        harness.Role("demo", "binder", """{"verbs":["bind"],"apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterroles"],"resourceNames":["system:aggregate-to-view"]}""");
        harness.Bind("demo", "binder", "Role/binder", "User/alice");
        harness.Create(bindings, Json);
        harness.May(User("bob"), "list", "pods", "demo").ShouldBeTrue();
        RegistryHarness.Refused(() => harness.Create(bindings, Json.Replace("system:aggregate-to-view", "nothing", StringComparison.Ordinal))).Message
            .ShouldBe("clusterroles.rbac.authorization.k8s.io \"nothing\" not found");
    }

    [Fact]
    public async Task What_everybody_may_and_what_nobody_may_is_as_upstream_has_it()
    {
        var harness = await BootstrappedAsync();
        var anonymous = new UserInfo("system:anonymous", ["system:unauthenticated"]);
        harness.MayGetPath(anonymous, "/version").ShouldBeTrue();
        harness.MayGetPath(anonymous, "/api").ShouldBeFalse();
        harness.MayGetPath(Alice, "/openapi/v3").ShouldBeTrue();
        harness.MayGetPath(Alice, "/metrics").ShouldBeFalse();
        harness.May(Alice, "create", "selfsubjectaccessreviews", group: "authorization.k8s.io").ShouldBeTrue();
        harness.May(Alice, "create", "subjectaccessreviews", group: "authorization.k8s.io").ShouldBeFalse();
        harness.MayGetPath(User("system:serviceaccount:demo:bot", "system:serviceaccounts"), "/openid/v1/jwks").ShouldBeTrue();
    }
}
