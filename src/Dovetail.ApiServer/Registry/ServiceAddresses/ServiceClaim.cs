using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.ServiceAddresses;

/// <summary>What one service holds: cluster addresses and node ports, each of which belongs to one service only.</summary>
internal sealed record ServiceClaim(ImmutableArray<string> Addresses, FrozenSet<long> NodePorts)
{
    public static ServiceClaim Of(JsonObject service)
    {
        var spec = service.Child("spec") ?? [];
        var addresses = spec.Text("type") == "ExternalName" ? [] : spec.Strings("clusterIPs").Where(ip => ip != "None");
        return new([.. addresses], Ports(spec).ToFrozenSet());
    }

    /// <summary>The node ports of a spec, that of the health check too.</summary>
    public static IEnumerable<long> Ports(JsonObject spec)
    {
        foreach (var port in spec["ports"] as JsonArray ?? [])
        {
            if (port is JsonObject obj && obj.Number("nodePort") is > 0 and { } number) yield return number;
        }

        if (spec.Number("healthCheckNodePort") is > 0 and { } health) yield return health;
    }
}
