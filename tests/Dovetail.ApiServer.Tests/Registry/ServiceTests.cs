using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Tests.Registry;

public sealed class ServiceTests
{
    private readonly RegistryHarness api = new();

    [Fact]
    public void A_service_gets_an_address_of_the_range_and_its_families()
    {
        var spec = Create("a", """{"ports":[{"port":80}]}""")["spec"]!;

        ((string?)spec["clusterIP"]).ShouldStartWith("10.");
        spec["clusterIPs"]!.ToJsonString().ShouldBe($"[\"{spec["clusterIP"]}\"]");
        spec["ipFamilies"]!.ToJsonString().ShouldBe("""["IPv4"]""");
        ((string?)spec["ipFamilyPolicy"]).ShouldBe("SingleStack");
    }

    [Fact]
    public void No_two_services_hold_one_address_or_node_port_and_a_deleted_one_gives_them_back()
    {
        Create("a", """{"clusterIP":"10.96.0.77","type":"NodePort","ports":[{"port":80,"nodePort":30080}]}""");

        RegistryHarness.Refused(() => Create("b", """{"clusterIP":"10.96.0.77","ports":[{"port":80}]}""")).Message
            .ShouldBe("Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.77\"]: failed to allocate IP 10.96.0.77: provided IP is already allocated");
        RegistryHarness.Refused(() => Create("b", """{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}""")).Message
            .ShouldBe("Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated");
        api.Delete(Services("a"));
        ((int?)Create("b", """{"clusterIP":"10.96.0.77","type":"NodePort","ports":[{"port":80,"nodePort":30080}]}""")["spec"]!["ports"]![0]!["nodePort"]).ShouldBe(30080);
    }

    [Fact]
    public async Task Services_that_are_created_at_once_get_different_ports()
    {
        var creations = Enumerable.Range(0, 40).Select(i => Task.Run(() => Create($"s{i}", """{"type":"NodePort","ports":[{"port":80}]}""")));

        var made = await Task.WhenAll(creations);

        made.Select(s => (int)s["spec"]!["ports"]![0]!["nodePort"]!).ShouldBeUnique();
        made.Select(s => (string?)s["spec"]!["clusterIP"]).ShouldBeUnique();
    }

    [Fact]
    public void What_was_allocated_stays_when_an_update_leaves_it_out()
    {
        var before = Create("a", """{"type":"NodePort","ports":[{"port":80}]}""");

        var after = api.Update(Services("a"), new JsonObject { ["metadata"] = new JsonObject { ["name"] = "a" }, ["spec"] = JsonNode.Parse("""{"type":"NodePort","ports":[{"port":80}]}""") });

        ((string?)after["spec"]!["clusterIP"]).ShouldBe((string?)before["spec"]!["clusterIP"]);
        ((int?)after["spec"]!["ports"]![0]!["nodePort"]).ShouldBe((int?)before["spec"]!["ports"]![0]!["nodePort"]);
    }

    [Fact]
    public void What_a_new_type_has_no_use_for_goes()
    {
        Create("a", """{"type":"LoadBalancer","ports":[{"port":80}]}""");

        var spec = api.Merge(Services("a"), """{"spec":{"type":"ClusterIP"}}""")["spec"]!.AsObject();

        spec.ContainsKey("allocateLoadBalancerNodePorts").ShouldBeFalse();
        spec.ContainsKey("externalTrafficPolicy").ShouldBeFalse();
        spec["ports"]![0]!.AsObject().ContainsKey("nodePort").ShouldBeFalse();
        spec["clusterIP"].ShouldNotBeNull();
    }

    private JsonObject Create(string name, string spec) => api.Create("", "v1", "services", "demo", $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""");

    private static Machinery.Endpoints.ObjectTarget Services(string name) => RegistryHarness.Target("", "v1", "services", "demo", name);
}
