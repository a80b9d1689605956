using System.Text.Json.Nodes;
using Dovetail.ApiServer.Admission;
using Dovetail.ApiServer.Registry;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Admission;

public sealed class BuiltInAdmissionTests
{
    private readonly RegistryHarness api = new(store => BuiltInAdmission.Plugins(store, new CountingRandomness(), []));

    [Fact]
    public void A_pod_without_a_class_has_priority_0_and_stays_five_minutes_on_a_lost_node()
    {
        var spec = Pod("""{"containers":[{"name":"c","image":"i"}]}""")["spec"]!;
        spec["priority"]!.ToJsonString().ShouldBe("0");
        spec["preemptionPolicy"]!.ToJsonString().ShouldBe("\"PreemptLowerPriority\"");
        spec["tolerations"]!.AsArray().Select(t => $"{t!["key"]} {t["operator"]} {t["effect"]} {t["tolerationSeconds"]}").ShouldBe(
            ["node.kubernetes.io/not-ready Exists NoExecute 300", "node.kubernetes.io/unreachable Exists NoExecute 300"]);
    }

    [Fact]
    public void A_pod_that_tolerates_every_taint_gets_no_further_toleration() =>
        Pod("""{"containers":[{"name":"c","image":"i"}],"tolerations":[{"operator":"Exists"}]}""")["spec"]!["tolerations"]!.AsArray().Count.ShouldBe(1);

    [Fact]
    public void A_pod_gets_the_priority_of_its_class_or_of_the_default_one()
    {
        Class("high", 1000, isDefault: false);
        Class("usual", 7, isDefault: true);
        Pod("""{"containers":[{"name":"c","image":"i"}],"priorityClassName":"high"}""", "a")["spec"]!["priority"]!.ToJsonString().ShouldBe("1000");
        var usual = Pod("""{"containers":[{"name":"c","image":"i"}]}""", "b")["spec"]!;
        (usual["priorityClassName"]!.ToJsonString(), usual["priority"]!.ToJsonString()).ShouldBe(("\"usual\"", "7"));
    }

    [Theory]
    [InlineData("""{"containers":[{"name":"c","image":"i"}],"priorityClassName":"none"}""", "no PriorityClass with name none was found")]
    [InlineData(
        """{"containers":[{"name":"c","image":"i"}],"priority":5}""",
        "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name")]
    [InlineData("""{"containers":[{"name":"c","image":"i"}],"runtimeClassName":"none"}""", "pod rejected: RuntimeClass \"none\" not found")]
    [InlineData("""{"containers":[{"name":"c","image":"i"}],"overhead":{"cpu":"1"}}""", "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")]
    public void A_pod_that_asks_for_what_is_not_there_is_refused(string spec, string why) =>
        Refused(() => Pod(spec)).Message.ShouldBe($"pods \"p\" is forbidden: {why}");

    [Fact]
    public void There_is_one_default_priority_class()
    {
        Class("usual", 7, isDefault: true);
        Refused(() => Class("other", 8, isDefault: true)).Message
            .ShouldBe("priorityclasses.scheduling.k8s.io \"other\" is forbidden: PriorityClass usual is already marked as default. Only one default can exist");
    }

    [Fact]
    public void A_runtime_class_gives_overhead_and_placement_and_its_tolerations_win_over_narrower_ones()
    {
        api.Create("node.k8s.io", "v1", "runtimeclasses", "", """
            {"metadata":{"name":"slow"},"handler":"slow","overhead":{"podFixed":{"cpu":"250m"}},
             "scheduling":{"nodeSelector":{"kind":"slow"},"tolerations":[{"key":"slow","operator":"Exists"}]}}
            """);
        var spec = Pod("""{"containers":[{"name":"c","image":"i"}],"runtimeClassName":"slow","tolerations":[{"key":"slow","operator":"Exists","effect":"NoSchedule"}]}""")["spec"]!;
        spec["overhead"]!.ToJsonString().ShouldBe("""{"cpu":"250m"}""");
        spec["nodeSelector"]!.ToJsonString().ShouldBe("""{"kind":"slow"}""");
        spec["tolerations"]!.AsArray().Count(t => t!["key"]!.GetValue<string>() == "slow").ShouldBe(1);
        Refused(() => Pod("""{"containers":[{"name":"c","image":"i"}],"runtimeClassName":"slow","nodeSelector":{"kind":"fast"}}""", "q")).Message
            .ShouldBe("pods \"q\" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[kind] = slow; pod.spec.nodeSelector[kind] = fast");
    }

    [Fact]
    public void A_claim_without_a_class_gets_the_newest_default()
    {
        Claim("none")["spec"]!.AsObject().ContainsKey("storageClassName").ShouldBeFalse();
        StorageClass("older");
        api.Time.Advance(TimeSpan.FromSeconds(5));
        StorageClass("newer");
        var claim = Claim("some");
        claim["spec"]!["storageClassName"]!.GetValue<string>().ShouldBe("newer");
        claim["metadata"]!["finalizers"]!.ToJsonString().ShouldBe("""["kubernetes.io/pvc-protection"]""");
        Claim("explicit", """,  "storageClassName":"" """)["spec"]!["storageClassName"]!.GetValue<string>().ShouldBe("");
    }

    [Fact]
    public void A_claim_that_is_not_bound_does_not_grow()
    {
        var claim = Claim("some");
        claim["spec"]!["resources"]!["requests"]!["storage"] = "2Gi";
        Refused(() => api.Update(Target("", "v1", "persistentvolumeclaims", "demo", "some"), claim)).Message
            .ShouldContain("spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
    }

    private JsonObject Pod(string spec, string name = "p") => api.Create("", "v1", "pods", "demo", $$"""{"metadata":{"name":"{{name}}"},"spec":{{spec}}}""");

    private void Class(string name, long value, bool isDefault) => api.Create(
        "scheduling.k8s.io", "v1", "priorityclasses", "", $$"""{"metadata":{"name":"{{name}}"},"value":{{value}},"globalDefault":{{(isDefault ? "true" : "false")}}}""");

    private void StorageClass(string name) => api.Create(
        "storage.k8s.io", "v1", "storageclasses", "", $$$"""{"metadata":{"name":"{{{name}}}","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"example.com/p"}""");

    private JsonObject Claim(string name, string more = "") => api.Create(
        "", "v1", "persistentvolumeclaims", "demo", $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}{{{more}}}}}""");

    [Fact]
    public void A_new_node_is_tainted_until_its_conditions_are_looked_at()
    {
        var made = api.Create("", "v1", "nodes", "", """{"metadata":{"name":"n1"},"spec":{"taints":[{"key":"mine","effect":"NoSchedule"}]}}""");
        made.Child("spec")!["taints"]!.ToJsonString().ShouldBe("""[{"key":"mine","effect":"NoSchedule"},{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]""");
        var known = api.Create("", "v1", "nodes", "", """{"metadata":{"name":"n2"},"spec":{"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]}}""");
        known.Child("spec")!["taints"]!.AsArray().Count.ShouldBe(1);
    }
}
