using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

public sealed class PodTests
{
    private const string Pod = """{"metadata":{"name":"p","labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
    private static readonly ObjectTarget Pods = Target("", "v1", "pods", "demo");
    private static readonly ObjectTarget Budgets = Target("policy", "v1", "poddisruptionbudgets", "demo");
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
        api.Time.Advance(TimeSpan.FromSeconds(5));
        api.Delete(Pods with { Name = "p" }, new DeleteOptions { GracePeriodSeconds = 20 }).Removed.ShouldBeFalse();
        ((string?)api.Get(Pods with { Name = "p" })["metadata"]!["deletionTimestamp"]).ShouldBe("2026-01-02T03:04:25Z", "counted from when the deletion began");

        api.Delete(Pods with { Name = "p" }, new DeleteOptions { GracePeriodSeconds = 0 }).Removed.ShouldBeTrue();
    }

    [Fact]
    public void A_deletion_that_says_nothing_of_grace_does_not_shorten_one_that_has_begun()
    {
        api.Create(Pods, Pod);
        Bind();
        api.Delete(Pods with { Name = "p" }, new DeleteOptions { GracePeriodSeconds = 60 });

        api.Delete(Pods with { Name = "p" });

        ((long?)api.Get(Pods with { Name = "p" })["metadata"]!["deletionGracePeriodSeconds"]).ShouldBe(60);
    }

    [Theory]
    [InlineData("""{"requests":{"ephemeral-storage":"1Gi"}}""", "BestEffort")]
    [InlineData("""{"requests":{"cpu":"0"}}""", "BestEffort")]
    [InlineData("""{"limits":{"cpu":"1","memory":"1Gi","ephemeral-storage":"1Gi"},"requests":{"cpu":"1000m"}}""", "Guaranteed")]
    [InlineData("""{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}}""", "Burstable")]
    [InlineData("""{"limits":{"cpu":"1"}}""", "Burstable")]
    public void The_quality_of_service_follows_from_cpu_and_memory_alone(string resources, string expected)
    {
        var pod = api.Create(Pods, """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":RESOURCES}]}}""".Replace("RESOURCES", resources, StringComparison.Ordinal));

        ((string?)pod["status"]!["qosClass"]).ShouldBe(expected);
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

    [Theory]
    [InlineData("""{"name":"p","uid":"another"}""", "Operation cannot be fulfilled on pods \"p\": Precondition failed: UID in precondition: another, UID in object meta: ")]
    [InlineData("""{"name":"p","resourceVersion":"1"}""", "Operation cannot be fulfilled on pods \"p\": Precondition failed: ResourceVersion in precondition: 1, ResourceVersion in object meta: ")]
    public void A_binding_that_means_another_pod_is_refused(string metadata, string message)
    {
        api.Create(Pods, Pod);

        var refusal = Refused(() => Bind(metadata));

        (refusal.Code, refusal.Message.StartsWith(message, StringComparison.Ordinal)).ShouldBe((409, true), refusal.Message);
    }

    [Fact]
    public void A_pod_behind_gates_is_not_bound_and_a_bindings_annotations_become_the_pods()
    {
        api.Create(Pods, """{"metadata":{"name":"p","annotations":{"a":"1"}},"spec":{"schedulingGates":[{"name":"x.io/g"}],"containers":[{"name":"c","image":"i"}]}}""");
        Refused(Bind).Message.ShouldBe("Operation cannot be fulfilled on pods/binding \"p\": pod p has non-empty .spec.schedulingGates");
        api.Merge(Pods with { Name = "p" }, """{"spec":{"schedulingGates":null}}""");

        Bind("""{"name":"p","annotations":{"b":"2"}}""");

        api.Get(Pods with { Name = "p" })["metadata"]!["annotations"]!.ToJsonString().ShouldBe("""{"a":"1","b":"2"}""");
    }

    [Fact]
    public void An_eviction_waits_for_the_disruption_budget()
    {
        Run();
        Budget("""{"disruptionsAllowed":0,"currentHealthy":1,"desiredHealthy":1}""");
        var refusal = Refused(() => Evict());
        (refusal.Code, refusal.Causes.Single().Message).ShouldBe((429, "The disruption budget b needs 1 healthy pods and has 1 currently"));
        Budget("""{"disruptionsAllowed":1,"currentHealthy":1,"desiredHealthy":0}""");

        Evict();

        var gone = api.Get(Pods with { Name = "p" });
        gone["metadata"]!["deletionTimestamp"].ShouldNotBeNull();
        gone["status"]!["conditions"]!.AsArray().Select(c => (string?)c!["type"]).ShouldContain("DisruptionTarget");
        var status = api.Get(Budgets with { Name = "b" })["status"]!;
        ((long?)status["disruptionsAllowed"]).ShouldBe(0);
        status["disruptedPods"]!["p"].ShouldNotBeNull();
        ((string?)status["conditions"]![0]!["reason"]).ShouldBe("InsufficientPods");
    }

    [Fact]
    public void An_eviction_waits_until_the_budgets_controller_has_seen_the_budget()
    {
        Run();
        Budget("""{"observedGeneration":0,"disruptionsAllowed":1,"currentHealthy":1,"desiredHealthy":0}""");

        var refusal = Refused(() => Evict());

        (refusal.Code, refusal.RetryAfterSeconds, refusal.Causes.Single().Message).ShouldBe((429, 10, "The disruption budget b is still being processed by the server."));
    }

    [Fact]
    public void A_pod_that_is_not_ready_goes_without_spending_a_budget_that_is_kept_without_it()
    {
        Run(ready: false);
        Budget("""{"disruptionsAllowed":0,"currentHealthy":1,"desiredHealthy":1}""");

        Evict();

        api.Get(Pods with { Name = "p" })["metadata"]!["deletionTimestamp"].ShouldNotBeNull();
        api.Get(Budgets with { Name = "b" })["status"]!["disruptedPods"].ShouldBeNull();
    }

    [Fact]
    public void A_pod_that_does_not_run_yet_asks_no_budget()
    {
        api.Create(Pods, Pod);
        Budget("""{"disruptionsAllowed":0,"currentHealthy":0,"desiredHealthy":1}""");

        Evict();

        Refused(() => api.Get(Pods with { Name = "p" })).Reason.ShouldBe("NotFound");
    }

    [Fact]
    public void A_dry_run_that_is_asked_for_in_the_eviction_evicts_nobody()
    {
        Run();
        Budget("""{"disruptionsAllowed":1,"currentHealthy":1,"desiredHealthy":0}""");
        var before = api.Store.Current.Revision;

        Evict(""","deleteOptions":{"dryRun":["All"]}""");

        api.Store.Current.Revision.ShouldBe(before);
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

    private void Bind() => Bind("""{"name":"p"}""");

    private void Bind(string metadata) =>
        api.Create(Pods with { Name = "p", Subresource = "binding" }, """{"apiVersion":"v1","kind":"Binding","metadata":METADATA,"target":{"kind":"Node","name":"n1"}}""".Replace("METADATA", metadata, StringComparison.Ordinal));

    private void Evict(string more = "") => api.Create(Pods with { Name = "p", Subresource = "eviction" }, """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}""" + more + "}");

    private void Run(bool ready = true)
    {
        api.Create(Pods, Pod);
        Bind();
        api.Merge(Pods with { Name = "p", Subresource = "status" }, """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"READY"}]}}""".Replace("READY", ready ? "True" : "False", StringComparison.Ordinal));
    }

    private void Budget(string status)
    {
        if (api.List(Budgets).Items.Count == 0) api.Create(Budgets, """{"metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"x"}}}}""");
        api.Merge(Budgets with { Name = "b", Subresource = "status" }, """{"status":{"observedGeneration":1,"expectedPods":1}}""");
        api.Merge(Budgets with { Name = "b", Subresource = "status" }, $$"""{"status":{{status}} }""");
    }
}
