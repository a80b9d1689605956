using System.Text.Json.Nodes;
using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Yaml;
using static Dovetail.ApiServer.Tests.Rbac.RbacHarness;

namespace Dovetail.ApiServer.Tests.Rbac;

public sealed class BootstrapPolicyTests
{
    /// <summary>What the reference's own vendor added.</summary>
    private static readonly string[] Foreign = ["system:openshift:public-info-viewer", "system:controller:service-ca-cert-publisher"];

    [Theory]
    [InlineData("clusterroles.yaml", "ClusterRole", "clusterroles")]
    [InlineData("bootstrap-objects.yaml", "ClusterRoleBinding", "clusterrolebindings")]
    public void Every_role_and_binding_that_upstream_makes_is_made_with_the_same_content(string file, string kind, string resource)
    {
        var path = Path.Combine(Environment.GetEnvironmentVariable("DOVETAIL_REFERENCE") ?? Path.Combine(Repository(), "..", "shared", "reference", "data"), "kubernetes", file);
        Assert.SkipUnless(File.Exists(path), $"{path} is not there");
        var upstream = JsonNode.Parse(YamlToJson.Convert(File.ReadAllBytes(path)))!["items"]!.AsArray().OfType<JsonObject>()
            .Where(o => o.Text("kind") == kind && !Foreign.Contains(o.Metadata().Text("name"))).ToDictionary(o => o.Metadata().Text("name"), Essence);
        var ours = BootstrapPolicy.All.Objects.Where(o => o.Resource == resource && o.Json.Metadata().Child("labels")!.ContainsKey("kubernetes.io/bootstrapping")).ToDictionary(o => o.Name, o => Essence(o.Json));
        ours.Keys.Order(StringComparer.Ordinal).ShouldBe(upstream.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, content) in upstream) ours[name].ShouldBe(content, name);
    }

    [Fact]
    public async Task A_second_start_writes_nothing()
    {
        var harness = await BootstrappedAsync();
        var revision = harness.Store.Current.Revision;
        await harness.Registry.BootstrapAsync(default);
        harness.Store.Current.Revision.ShouldBe(revision);
    }

    [Fact]
    public async Task A_start_brings_back_what_is_missing_and_leaves_what_was_added()
    {
        var harness = await BootstrappedAsync();
        var role = RegistryHarness.Target(Group, "v1", "clusterroles", name: "system:discovery");
        harness.Merge(role, """{"metadata":{"labels":{"mine":"yes"}},"rules":[{"verbs":["get"],"nonResourceURLs":["/metrics"]}]}""");
        var binding = RegistryHarness.Target(Group, "v1", "clusterrolebindings", name: "system:discovery");
        harness.Merge(binding, """{"subjects":null}""");
        var left = RegistryHarness.Target(Group, "v1", "clusterroles", name: "system:basic-user");
        harness.Merge(left, """{"metadata":{"annotations":{"rbac.authorization.kubernetes.io/autoupdate":"false"}},"rules":[]}""");
        await harness.Registry.BootstrapAsync(default);
        harness.MayGetPath(User("alice"), "/metrics").ShouldBeTrue();
        harness.MayGetPath(User("alice"), "/api").ShouldBeTrue();
        harness.Get(role).Metadata().Child("labels")!.Text("mine").ShouldBe("yes");
        harness.Get(left)["rules"].ShouldBeNull();
    }

    private static string Essence(JsonObject obj) => new JsonObject
    {
        ["labels"] = obj.Metadata()["labels"]?.DeepClone(),
        ["annotations"] = obj.Metadata()["annotations"]?.DeepClone(),
        ["aggregationRule"] = obj["aggregationRule"]?.DeepClone(),
        ["rules"] = new JsonArray([.. RbacObjects.Rules(obj).Select(r => r.ToJson())]),
        ["roleRef"] = Sorted(obj["roleRef"]),
        ["subjects"] = new JsonArray([.. (obj["subjects"] as JsonArray ?? []).Select(Sorted)]),
    }.ToJsonString();

    private static JsonObject? Sorted(JsonNode? node) => node is JsonObject obj ? new JsonObject(obj.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))) : null;

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Dovetail.slnx")) && !Directory.Exists(Path.Combine(folder, ".git")) && !File.Exists(Path.Combine(folder, ".git"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
