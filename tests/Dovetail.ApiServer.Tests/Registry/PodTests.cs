using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

public sealed class PodTests
{
    private const string Pod = """{"metadata":{"name":"p","labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
    private static readonly ObjectTarget Pods = Target("", "v1", "pods", "demo");
    private readonly RegistryHarness api = new();

    [Fact]
    public void A_pod_without_a_node_is_deleted_at_once()
    {
        api.Create(Pods, Pod);

        api.Delete(Pods with { Name = "p" }).Removed.ShouldBeTrue();
    }

    [Fact]
    public void A_bound_pod_ends_gracefully_and_only_grace_zero_removes_it()
    {
        var pod = api.Create(Pods, Pod);
        ((string?)pod["status"]!["phase"]).ShouldBe("Pending");
        Bind();

        api.Delete(Pods with { Name = "p" }).Removed.ShouldBeFalse();
        var ending = api.Get(Pods with { Name = "p" });
        ((long?)ending["metadata"]!["deletionGracePeriodSeconds"]).ShouldBe(30);
        ((string?)ending["metadata"]!["deletionTimestamp"]).ShouldBe("2026-01-02T03:04:35Z");
        api.Delete(Pods with { Name = "p" }, new DeleteOptions { GracePeriodSeconds = 60 }).Removed.ShouldBeFalse();
        ((long?)api.Get(Pods with { Name = "p" })["metadata"]!["deletionGracePeriodSeconds"]).ShouldBe(30);

        api.Delete(Pods with { Name = "p" }, new DeleteOptions { GracePeriodSeconds = 0 }).Removed.ShouldBeTrue();
    }

    [Fact]
    public void A_pod_is_bound_once()
    {
        api.Create(Pods, Pod);
        Bind();

        var bound = api.Get(Pods with { Name = "p" });
        ((string?)bound["spec"]!["nodeName"]).ShouldBe("n1");
        ((string?)bound["status"]!["conditions"]![0]!["type"]).ShouldBe("PodScheduled");
        Refused(Bind).Reason.ShouldBe("Conflict");
    }

    [Fact]
    public void An_eviction_waits_for_the_disruption_budget()
    {
        api.Create(Pods, Pod);
        api.Create("policy", "v1", "poddisruptionbudgets", "demo", """{"metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"x"}}}}""");

        Refused(Evict).Code.ShouldBe(429);
        api.Merge(Target("policy", "v1", "poddisruptionbudgets", "demo", "b", "status"), """{"status":{"disruptionsAllowed":1,"currentHealthy":1,"desiredHealthy":0,"expectedPods":1}}""");
        Evict();

        Refused(() => api.Get(Pods with { Name = "p" })).Reason.ShouldBe("NotFound");
        ((long?)api.Get(Target("policy", "v1", "poddisruptionbudgets", "demo", "b"))["status"]!["disruptionsAllowed"]).ShouldBe(0);
    }

    [Fact]
    public void A_status_write_leaves_the_spec_alone_and_the_other_way_round()
    {
        api.Create(Pods, Pod);

        api.Merge(Pods with { Name = "p", Subresource = "status" }, """{"status":{"phase":"Running"},"spec":{"nodeName":"sneaky"}}""");
        api.Merge(Pods with { Name = "p" }, """{"metadata":{"labels":{"app":"y"}},"status":{"phase":"Failed"}}""");

        var pod = api.Get(Pods with { Name = "p" });
        pod["spec"]!["nodeName"].ShouldBeNull();
        ((string?)pod["status"]!["phase"]).ShouldBe("Running");
        ((string?)pod["metadata"]!["labels"]!["app"]).ShouldBe("y");
    }

    private void Bind() => api.Create(Pods with { Name = "p", Subresource = "binding" }, """{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node","name":"n1"}}""");

    private void Evict() => api.Create(Pods with { Name = "p", Subresource = "eviction" }, """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}}""");
}
