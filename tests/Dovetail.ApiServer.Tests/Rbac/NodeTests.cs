using Dovetail.ApiServer.Security;
using static Dovetail.ApiServer.Tests.Rbac.RbacHarness;

namespace Dovetail.ApiServer.Tests.Rbac;

public sealed class NodeTests
{
    private const string Pod = """
        {"metadata":{"name":"web"},"spec":{"nodeName":"n1","serviceAccountName":"bot","imagePullSecrets":[{"name":"pull"}],
         "containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"env","key":"k"}}}],"envFrom":[{"configMapRef":{"name":"from"}}]}],
         "volumes":[{"name":"s","secret":{"secretName":"mounted"}},{"name":"p","projected":{"sources":[{"secret":{"name":"projected"}},{"configMap":{"name":"trust"}}]}},{"name":"d","persistentVolumeClaim":{"claimName":"data"}}]}}
        """;

    [Theory]
    [InlineData("get", "secrets", "mounted", true)]
    [InlineData("watch", "secrets", "projected", true)]
    [InlineData("get", "secrets", "env", true)]
    [InlineData("get", "secrets", "pull", true)]
    [InlineData("get", "secrets", "strange", false)]
    [InlineData("list", "secrets", "", false)]
    [InlineData("update", "secrets", "mounted", false)]
    [InlineData("get", "configmaps", "from", true)]
    [InlineData("get", "configmaps", "trust", true)]
    [InlineData("get", "configmaps", "mounted", false)]
    [InlineData("get", "persistentvolumeclaims", "data", true)]
    [InlineData("get", "persistentvolumeclaims", "other", false)]
    [InlineData("create", "serviceaccounts/token", "bot", true)]
    [InlineData("create", "serviceaccounts/token", "default", false)]
    [InlineData("get", "pods", "web", true)]
    public async Task A_node_reads_what_its_own_pods_refer_to(string verb, string resource, string name, bool allowed)
    {
        var harness = await BootstrappedAsync();
        harness.Create("", "v1", "serviceaccounts", "demo", """{"metadata":{"name":"bot"}}""");
        harness.Create("", "v1", "pods", "demo", Pod);
        harness.May(Node("n1"), verb, resource, "demo", name).ShouldBe(allowed);
        harness.May(Node("n2"), verb, resource, "demo", name).ShouldBeFalse();
    }

    [Fact]
    public async Task A_node_lists_its_own_pods_and_no_others()
    {
        var harness = await BootstrappedAsync();
        bool Lists(string selector) => harness.Registry.Authorizer.Decide(new AccessRequest { User = Node("n1"), Verb = "list", Resource = "pods", FieldSelector = selector }).Allowed;
        Lists("spec.nodeName=n1").ShouldBeTrue();
        Lists("spec.nodeName=n2").ShouldBeFalse();
        Lists("spec.nodeName!=n1").ShouldBeFalse();
        harness.Ask(Node("n1"), "list", "pods").Reason.ShouldBe("can only list/watch pods with spec.nodeName field selector");
        harness.Ask(Node("n1"), "get", "nodes", name: "n2").Reason.ShouldBe("node 'n1' cannot read 'n2', only its own Node object");
        harness.May(Node("n1"), "get", "nodes", name: "n1").ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_changes_itself_and_nothing_of_another()
    {
        var harness = await BootstrappedAsync();
        var nodes = RegistryHarness.Target("", "v1", "nodes") with { User = Node("n1") };
        harness.Create(nodes, """{"metadata":{"name":"n1","labels":{"kubernetes.io/hostname":"n1","kubevirt.io/schedulable":"true"}}}""");
        RegistryHarness.Refused(() => harness.Create(nodes, """{"metadata":{"name":"n2"}}""")).Message.ShouldBe("nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"");
        RegistryHarness.Refused(() => harness.Merge(nodes with { Name = "n1" }, """{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"","node-restriction.kubernetes.io/a":"b"}}}""")).Message
            .ShouldBe("nodes \"n1\" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/a, node-role.kubernetes.io/control-plane");
        RegistryHarness.Refused(() => harness.Merge(nodes with { Name = "n1" }, """{"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}}""")).Message
            .ShouldBe("nodes \"n1\" is forbidden: node \"n1\" is not allowed to modify taints");
        harness.Create("", "v1", "pods", "demo", """{"metadata":{"name":"theirs"},"spec":{"nodeName":"n2","containers":[{"name":"c","image":"i"}]}}""");
        var pod = RegistryHarness.Target("", "v1", "pods", "demo", "theirs") with { User = Node("n1") };
        RegistryHarness.Refused(() => harness.Delete(pod)).Message.ShouldBe("pods \"theirs\" is forbidden: node \"n1\" can only delete pods with spec.nodeName set to itself");
        RegistryHarness.Refused(() => harness.Merge(pod with { Subresource = "status" }, """{"status":{"phase":"Failed"}}""")).Code.ShouldBe(403);
    }
}
