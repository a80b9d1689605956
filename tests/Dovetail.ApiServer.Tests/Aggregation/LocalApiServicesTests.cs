using Dovetail.ApiServer.Aggregation;
using Microsoft.Extensions.Logging.Abstractions;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Aggregation;

public sealed class LocalApiServicesTests
{
    private const string Widgets = """
        {"metadata":{"name":"widgets.example.org"},"spec":{"group":"example.org","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget"},
         "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}}
        """;

    private readonly RegistryHarness api = new();
    private readonly LocalApiServices services;

    public LocalApiServicesTests() => services = new(api.Registry, [], NullLogger<LocalApiServices>.Instance, api.Time);

    [Fact]
    public async Task Every_group_version_that_is_served_has_an_available_APIService()
    {
        await services.EnsureAsync(default);
        var apps = api.Get(Target("apiregistration.k8s.io", "v1", "apiservices", name: "v1.apps"));
        apps["spec"].ShouldBeJson("""{"group":"apps","groupPriorityMinimum":17800,"version":"v1","versionPriority":15}""");
        apps["metadata"]!["labels"].ShouldBeJson("""{"kube-aggregator.kubernetes.io/automanaged":"onstart"}""");
        apps["status"]!["conditions"]![0].ShouldBeJson(
            """{"lastTransitionTime":"2026-01-02T03:04:05Z","message":"Local APIServices are always available","reason":"Local","status":"True","type":"Available"}""");
        Names().ShouldContain("v2.autoscaling");
        Names().ShouldContain("v1.");
    }

    [Fact]
    public async Task A_custom_resources_APIService_comes_and_goes_with_it()
    {
        api.Create("apiextensions.k8s.io", "v1", "customresourcedefinitions", "", Widgets);
        await services.EnsureAsync(default);
        Names().ShouldContain("v1.example.org");
        var crd = Target("apiextensions.k8s.io", "v1", "customresourcedefinitions", name: "widgets.example.org");
        api.Merge(crd, """{"metadata":{"finalizers":null}}""");
        api.Delete(crd);
        await services.EnsureAsync(default);
        Names().ShouldNotContain("v1.example.org");
    }

    [Fact]
    public async Task A_second_look_writes_nothing()
    {
        await services.EnsureAsync(default);
        var revision = api.Store.Current.Revision;
        await services.EnsureAsync(default);
        api.Store.Current.Revision.ShouldBe(revision);
    }

    private List<string> Names() => [.. api.List(Target("apiregistration.k8s.io", "v1", "apiservices")).Items.Select(static i => Tree(i)["metadata"]!["name"]!.GetValue<string>())];
}
