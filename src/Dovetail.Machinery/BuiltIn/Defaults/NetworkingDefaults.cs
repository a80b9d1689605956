using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>networking.k8s.io and discovery.k8s.io (<c>pkg/apis/networking/v1/defaults.go</c>, <c>pkg/apis/discovery/v1/defaults.go</c>).</summary>
internal static class NetworkingDefaults
{
    public static void IngressClass(JsonObject @class) => @class.Child("spec")?.Child("parameters")?.Default("scope", "Cluster");

    public static void NetworkPolicy(JsonObject policy)
    {
        if (policy.Child("spec") is not { } spec)
            return;
        if (spec["policyTypes"] is not JsonArray { Count: > 0 })
            spec["policyTypes"] = spec["egress"] is JsonArray { Count: > 0 } ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
        foreach (var direction in (ReadOnlySpan<string>)["ingress", "egress"])
        {
            foreach (var rule in spec.Objects(direction))
            {
                foreach (var port in rule.Objects("ports"))
                    port.Default("protocol", "TCP");
            }
        }
    }

    public static void EndpointSlice(JsonObject slice)
    {
        // What it said has fields of its own in v1.
        foreach (var endpoint in slice.Objects("endpoints"))
            endpoint.Remove("deprecatedTopology");
        foreach (var port in slice.Objects("ports"))
        {
            port["name"] ??= "";
            port["protocol"] ??= "TCP";
        }
    }
}
