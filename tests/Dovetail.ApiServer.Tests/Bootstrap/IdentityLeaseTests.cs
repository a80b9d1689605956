using System.Text.Json.Nodes;
using Dovetail.ApiServer.Bootstrap;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Microsoft.Extensions.Logging.Abstractions;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Bootstrap;

public sealed class IdentityLeaseTests
{
    private const string Label = "apiserver.kubernetes.io/identity";

    private readonly RegistryHarness api = new();

    public IdentityLeaseTests() => api.Create("", "v1", "namespaces", "", """{"metadata":{"name":"kube-system"}}""");

    /// <summary>The name is kube-apiserver's own for a host of that name.</summary>
    [Fact]
    public async Task A_server_renews_its_lease_under_upstreams_name_and_takes_leases_of_dead_servers_away()
    {
        Lease("apiserver-dead", "2026-01-02T02:04:04.000000Z", Label);
        Lease("apiserver-lives", "2026-01-02T02:04:06.000000Z", Label);
        Lease("other", "2020-01-01T00:00:00.000000Z", "app");
        using var stop = new CancellationTokenSource();
        var lease = new IdentityLease(api.Registry, "vm", "one", NullLogger<IdentityLease>.Instance, api.Time);
        var running = lease.RunAsync(stop.Token);

        lease.Name.ShouldBe("apiserver-wlv32tlttr4jl3gtroqexyxapa");
        var first = api.Get(Leases(lease.Name));
        first.Metadata().Child("labels")!.ToJsonString().ShouldBe("""{"apiserver.kubernetes.io/identity":"kube-apiserver","kubernetes.io/hostname":"vm"}""");
        first.Child("spec")!.ToJsonString().ShouldBe("""{"holderIdentity":"apiserver-wlv32tlttr4jl3gtroqexyxapa_one","leaseDurationSeconds":3600,"renewTime":"2026-01-02T03:04:05.000000Z"}""");
        Names().ShouldBe(["apiserver-lives", lease.Name, "other"], ignoreOrder: true);

        api.Time.Advance(TimeSpan.FromSeconds(10));
        api.Get(Leases(lease.Name)).Child("spec")!.Text("renewTime").ShouldBe("2026-01-02T03:04:15.000000Z");
        for (var i = 0; i < 361; i++) api.Time.Advance(TimeSpan.FromSeconds(10));
        Names().ShouldBe([lease.Name, "other"], ignoreOrder: true);
        await stop.CancelAsync();
        await running;
    }

    private static ObjectTarget Leases(string name) => Target("coordination.k8s.io", "v1", "leases", "kube-system", name);

    private IEnumerable<string> Names() => api.List(Leases("")).Items.Select(item => ((JsonObject)JsonNode.Parse(item.Json.Span)!).Metadata().Text("name"));

    private void Lease(string name, string renewed, string label) => api.Create(
        "coordination.k8s.io", "v1", "leases", "kube-system", $$"""{"metadata":{"name":"{{name}}","labels":{"{{label}}":"kube-apiserver"} },"spec":{"holderIdentity":"x","leaseDurationSeconds":3600,"renewTime":"{{renewed}}"} }""");
}
