using System.Collections.Immutable;
using Dovetail.Workloads.Scheduling;
using k8s.Models;

namespace Dovetail.Workloads.Tests.Scheduling;

public sealed class SchedulingPlannerTests
{
    [Fact]
    public void A_pod_goes_to_the_least_allocated_node_that_fits()
    {
        var busy = Facts(Node("busy"), ("cpu", 3));
        var idle = Facts(Node("idle"), ("cpu", 1));
        Decide(Pod("1", "1Gi"), busy, idle).ShouldBe("on idle");
    }

    [Fact]
    public void Equal_nodes_are_taken_in_the_order_of_their_names() =>
        Decide(Pod("1", "1Gi"), Facts(Node("b")), Facts(Node("a"))).ShouldBe("on a");

    [Fact]
    public void Without_nodes_it_says_so() => Decide(Pod("1", "1Gi")).ShouldBe("no nodes available to schedule pods");

    [Fact]
    public void What_is_short_is_named_by_resource() =>
        Decide(Pod("1", "9Gi"), Facts(Node("a"))).ShouldBe("0/1 nodes are available: 1 Insufficient memory.");

    [Fact]
    public void Nodes_are_counted_by_reason()
    {
        var full = Facts(Node("c"), ("pods", 110));
        Decide(Pod("5", "9Gi"), Facts(Node("a")), Facts(Node("b", ready: "Unknown")), full).ShouldBe(
            "0/3 nodes are available: 1 Too many pods, 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 2 Insufficient cpu, 2 Insufficient memory.");
    }

    [Fact]
    public void An_extended_resource_that_the_node_does_not_have_is_short()
    {
        var pod = Pod("1", "1Gi");
        pod.Containers[0].Resources.Limits = new Dictionary<string, ResourceQuantity> { ["devices.kubevirt.io/kvm"] = new("1") };
        Decide(pod, Facts(Node("a"))).ShouldBe("0/1 nodes are available: 1 Insufficient devices.kubevirt.io/kvm.");
    }

    [Fact]
    public void A_cordoned_node_takes_no_pod()
    {
        var node = Node("a");
        node.Spec.Unschedulable = true;
        Decide(Pod("1", "1Gi"), Facts(node)).ShouldBe("0/1 nodes are available: 1 node(s) were unschedulable.");
    }

    [Theory]
    [InlineData("gpu", "Equal", "yes", "NoSchedule", true)]
    [InlineData("gpu", "Equal", "no", "NoSchedule", false)]
    [InlineData("gpu", "Exists", null, "", true)]
    [InlineData("gpu", "Exists", null, "NoExecute", false)]
    [InlineData("", "Exists", null, "", true)]
    [InlineData("other", "Exists", null, "", false)]
    public void A_taint_keeps_away_whoever_does_not_tolerate_it(string key, string op, string? value, string effect, bool fits)
    {
        var node = Node("a");
        node.Spec.Taints = [new V1Taint { Key = "gpu", Value = "yes", Effect = "NoSchedule" }];
        var pod = Pod("1", "1Gi");
        pod.Tolerations = [new V1Toleration { Key = key, OperatorProperty = op, Value = value, Effect = effect }];
        Decide(pod, Facts(node)).ShouldBe(fits ? "on a" : "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.");
    }

    [Theory]
    [InlineData("In", "ssd,nvme", true)]
    [InlineData("In", "hdd", false)]
    [InlineData("NotIn", "hdd", true)]
    [InlineData("NotIn", "ssd", false)]
    [InlineData("Exists", "", true)]
    [InlineData("DoesNotExist", "", false)]
    public void Required_node_affinity_is_honoured(string op, string values, bool fits)
    {
        var pod = Pod("1", "1Gi");
        pod.Affinity = Required(new V1NodeSelectorRequirement { Key = "disk", OperatorProperty = op, Values = values.Split(',') });
        Decide(pod, Facts(Node("a", labels: ("disk", "ssd")))).ShouldBe(fits ? "on a" : "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.");
    }

    [Theory]
    [InlineData("Gt", "3", true)]
    [InlineData("Gt", "4", false)]
    [InlineData("Lt", "5", true)]
    [InlineData("Lt", "four", false)]
    public void Labels_are_compared_as_numbers(string op, string bound, bool fits)
    {
        var pod = Pod("1", "1Gi");
        pod.Affinity = Required(new V1NodeSelectorRequirement { Key = "gen", OperatorProperty = op, Values = [bound] });
        Decide(pod, Facts(Node("a", labels: ("gen", "4")))).StartsWith("on", StringComparison.Ordinal).ShouldBe(fits);
    }

    [Fact]
    public void A_nodeSelector_wants_all_its_labels()
    {
        var pod = Pod("1", "1Gi");
        pod.NodeSelector = new Dictionary<string, string> { ["kubevirt.io/schedulable"] = "true" };
        Decide(pod, Facts(Node("a")), Facts(Node("b", labels: ("kubevirt.io/schedulable", "true")))).ShouldBe("on b");
    }

    [Fact]
    public void A_hard_constraint_that_is_not_served_is_refused_by_name()
    {
        var pod = Pod("1", "1Gi");
        pod.Affinity = new V1Affinity { PodAntiAffinity = new V1PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [new V1PodAffinityTerm { TopologyKey = "kubernetes.io/hostname" }] } };
        Decide(pod, Facts(Node("a"))).ShouldContain("spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution is not served");
    }

    [Fact]
    public void A_pod_needs_the_larger_of_its_containers_and_its_initialisation_plus_overhead()
    {
        var pod = Pod("1", "1Gi");
        pod.InitContainers =
        [
            new V1Container { Name = "sidecar", RestartPolicy = "Always", Resources = Requests("500m", "1Gi") },
            new V1Container { Name = "init", Resources = Requests("2", "1Gi") },
        ];
        pod.Overhead = new Dictionary<string, ResourceQuantity> { ["memory"] = new("64Mi") };
        var needs = PodResources.RequestsOf(pod);
        needs["cpu"].ShouldBe(2.5m);
        needs["memory"].ShouldBe((2048m + 64) * 1024 * 1024);
        needs["pods"].ShouldBe(1);
    }

    private static string Decide(V1PodSpec pod, params NodeFacts[] nodes) => SchedulingPlanner.Decide(pod, nodes) switch
    {
        Placement.On(var node) => $"on {node}",
        Placement.Nowhere(var message) => message,
        _ => throw new InvalidOperationException(),
    };

    private static V1Affinity Required(V1NodeSelectorRequirement requirement) => new()
    {
        NodeAffinity = new V1NodeAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution = new V1NodeSelector { NodeSelectorTerms = [new V1NodeSelectorTerm { MatchExpressions = [requirement] }] },
        },
    };

    private static V1PodSpec Pod(string cpu, string memory) => new() { Containers = [new V1Container { Name = "compute", Resources = Requests(cpu, memory) }] };

    private static V1ResourceRequirements Requests(string cpu, string memory) =>
        new() { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu), ["memory"] = new(memory) } };

    private static NodeFacts Facts(V1Node node, params (string Name, decimal Amount)[] taken) =>
        new(node, taken.ToImmutableDictionary(entry => entry.Name, entry => entry.Amount));

    private static V1Node Node(string name, string ready = "True", params (string Key, string Value)[] labels) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = labels.ToDictionary(label => label.Key, label => label.Value) },
        Spec = new V1NodeSpec(),
        Status = new V1NodeStatus
        {
            Allocatable = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("4"), ["memory"] = new("8Gi"), ["pods"] = new("110") },
            Conditions = [new V1NodeCondition { Type = "Ready", Status = ready }],
        },
    };
}
