using System.Collections.Frozen;
using System.Net;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry.ServiceAddresses;

/// <summary>Gives one service its addresses and node ports (upstream: <c>pkg/registry/core/service/storage/alloc.go</c>).</summary>
/// <param name="free">What others do not hold.</param>
/// <param name="held">What the service holds already.</param>
/// <param name="range">Where addresses come from.</param>
/// <param name="randomness">Chooses.</param>
internal sealed class ServiceAllocator(FreeResources free, ServiceClaim held, ServiceRange range, Randomness randomness)
{
    private readonly List<string> addresses = [];
    private readonly HashSet<long> ports = [];

    /// <summary>What was given beyond what was held.</summary>
    public ServiceClaim Allocate(JsonObject service)
    {
        var spec = service.Child("spec")!;
        if (spec.Text("type") != "ExternalName" && spec.Text("clusterIP") != "None") Address(service, spec);
        if (spec.Text("type") is "NodePort" or "LoadBalancer") NodePorts(service, spec);
        if (spec.Text("type") == "LoadBalancer" && spec.Text("externalTrafficPolicy") == "Local") HealthPort(service, spec);
        return new([.. addresses], ports.ToFrozenSet());
    }

    private void Address(JsonObject service, JsonObject spec)
    {
        var asked = spec.Text("clusterIP");
        if (asked.Length > 0 && held.Addresses.Contains(asked)) return;
        if (asked.Length > 0)
        {
            if (!IPAddress.TryParse(asked, out var ip) || !range.Contains(ip))
                throw Refused(service, "spec.clusterIPs", spec["clusterIPs"], $"failed to allocate IP {asked}: the provided network does not match the current range");
            if (!free.Has(asked)) throw Refused(service, "spec.clusterIPs", spec["clusterIPs"], $"failed to allocate IP {asked}: provided IP is already allocated");
            addresses.Add(asked);
            return;
        }

        if (ServiceAllocations.PickAddress(range, randomness, free.Has) is not { } offset) throw Refusals.Internal("failed to allocate a serviceIP: range is full");
        var address = range.Address(offset);
        addresses.Add(address);
        spec["clusterIP"] = address;
        spec["clusterIPs"] = new JsonArray((JsonNode)address);
    }

    /// <summary>One port number may serve several protocols of one service.</summary>
    private void NodePorts(JsonObject service, JsonObject spec)
    {
        var automatic = spec.Text("type") == "NodePort" || spec.Flag("allocateLoadBalancerNodePorts") != false;
        var list = spec["ports"] as JsonArray ?? [];
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is JsonObject port && port.Number("nodePort") is > 0 and { } asked) Take(service, $"spec.ports[{i}].nodePort", asked);
        }

        var byPort = new Dictionary<(long Port, string Protocol), long>();
        foreach (var port in list.OfType<JsonObject>())
        {
            if (port.Number("nodePort") is > 0 and { } present) byPort[(port.Number("port") ?? 0, port.Text("protocol"))] = present;
        }

        if (!automatic) return;
        foreach (var port in list.OfType<JsonObject>().Where(p => p.Number("nodePort") is null or 0))
        {
            // The same port for another protocol goes through the same node port, as upstream gives it.
            var same = byPort.FirstOrDefault(p => p.Key.Port == port.Number("port") && p.Key.Protocol != port.Text("protocol")).Value;
            var number = same > 0 && !byPort.ContainsKey((port.Number("port") ?? 0, port.Text("protocol"))) ? same : Next();
            port["nodePort"] = ObjectMeta.Long(number);
            byPort[(port.Number("port") ?? 0, port.Text("protocol"))] = number;
        }
    }

    private void HealthPort(JsonObject service, JsonObject spec)
    {
        if (spec.Number("healthCheckNodePort") is > 0 and { } asked) Take(service, "spec.healthCheckNodePort", asked);
        else spec["healthCheckNodePort"] = ObjectMeta.Long(Next());
    }

    private void Take(JsonObject service, string path, long port)
    {
        if (held.NodePorts.Contains(port) || ports.Contains(port)) return;
        if (port is < ServiceAllocations.FirstPort or > ServiceAllocations.LastPort)
            throw Refused(service, path, port, $"provided port is not in the valid range. The range of valid ports is {ServiceAllocations.FirstPort}-{ServiceAllocations.LastPort}");
        if (!free.Has(port)) throw Refused(service, path, port, "provided port is already allocated");
        ports.Add(port);
    }

    private long Next()
    {
        var port = ServiceAllocations.PickPort(randomness, p => free.Has(p) && !ports.Contains(p) && !held.NodePorts.Contains(p)) ?? throw Refusals.Internal("failed to allocate a nodePort: range is full");
        ports.Add(port);
        return port;
    }

    private static StatusException Refused(JsonObject service, string path, JsonNode? value, string why) =>
        Refusals.Invalid("", "Service", service.Metadata().Text("name"), [FieldErrors.Invalid(path, value, why)]);
}
