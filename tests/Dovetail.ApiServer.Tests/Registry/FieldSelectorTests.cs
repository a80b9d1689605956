using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

/// <summary>Field selectors as a Kubernetes 1.36 API server takes and refuses them.</summary>
public sealed class FieldSelectorTests
{
    private readonly RegistryHarness api = new();

    [Theory]
    [InlineData("", "pods", "x.y", "field label not supported: x.y")]
    [InlineData("", "nodes", "metadata.namespace", "field label not supported: metadata.namespace")]
    [InlineData("", "events", "regarding.name", "field label not supported: regarding.name")]
    [InlineData("events.k8s.io", "events", "involvedObject.name", "field label not supported: involvedObject.name")]
    [InlineData("events.k8s.io", "events", "source", "field label not supported: source")]
    [InlineData("batch", "jobs", "status.succeeded", "field label \"status.succeeded\" not supported for Job")]
    [InlineData("resource.k8s.io", "resourceslices", "metadata.namespace", "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: metadata.namespace")]
    [InlineData("apps", "replicasets", "status.replicas", "\"status.replicas\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    [InlineData("", "endpoints", "name", "\"name\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    public void A_field_that_a_kind_is_not_selected_by_is_refused_in_upstreams_words(string group, string plural, string field, string message)
    {
        var refusal = Refused(() => api.List(Target(group, "v1", plural), new ListOptions { FieldSelector = $"{field}=x" }));
        (refusal.Code, refusal.Reason, refusal.Message).ShouldBe((400, "BadRequest", message));
    }

    [Fact]
    public void Every_kind_is_selected_by_name()
    {
        foreach (var resource in BuiltInResources.All.Where(static r => r.Verbs.Contains("list") && r.Plural != "componentstatuses"))
            api.List(Target(resource.Group, resource.Version, resource.Plural), new ListOptions { FieldSelector = "metadata.name=nobody" }).Items.ShouldBeEmpty(resource.Plural);
    }

    [Theory]
    [InlineData("spec.hostNetwork=false", 1)]
    [InlineData("spec.hostNetwork=true", 0)]
    [InlineData("spec.nodeName=", 1)]
    [InlineData("spec.nodeName!=,status.phase=Pending", 0)]
    [InlineData("status.podIPs=", 1)]
    [InlineData("spec.restartPolicy=Always,metadata.namespace=demo", 1)]
    [InlineData("metadata.name=p,metadata.name=q", 0)]
    public void What_a_pod_does_not_say_has_the_value_that_upstream_gives_it(string selector, int count)
    {
        api.Create("", "v1", "pods", "demo", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        api.List(Target("", "v1", "pods"), new ListOptions { FieldSelector = selector }).Items.Count.ShouldBe(count);
    }

    [Fact]
    public void A_job_counts_its_successes_under_another_name()
    {
        api.Create("batch", "v1", "jobs", "demo", """{"metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}""");
        api.List(Target("batch", "v1", "jobs"), new ListOptions { FieldSelector = "status.successful=0" }).Items.Count.ShouldBe(1);
        api.List(Target("batch", "v1", "jobs"), new ListOptions { FieldSelector = "status.successful=1" }).Items.Count.ShouldBe(0);
    }
}
