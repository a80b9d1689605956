using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>Defaults of services; addresses and node ports are allocated when a service is written.</summary>
internal static class ServiceDefaults
{
    private const int AffinitySeconds = 3 * 60 * 60;

    public static void Apply(JsonObject service, JsonObject spec)
    {
        spec.Default("sessionAffinity", "None");
        spec.Default("type", "ClusterIP");
        SessionAffinity(spec);
        foreach (var port in spec.Objects("ports"))
        {
            port.Default("protocol", "TCP");
            if (IsUnset(port["targetPort"]))
                port["targetPort"] = port["port"]?.DeepClone() ?? JsonValue.Create(0L);
        }
        var type = spec.Text("type");
        if (type is "NodePort" or "LoadBalancer" || (type == "ClusterIP" && spec["externalIPs"] is JsonArray { Count: > 0 }))
            spec.Default("externalTrafficPolicy", "Cluster");
        if (type is "NodePort" or "LoadBalancer" or "ClusterIP")
            spec.Default("internalTrafficPolicy", "Cluster");
        if (type != "LoadBalancer")
            return;
        spec.Default("allocateLoadBalancerNodePorts", true);
        foreach (var ingress in service.Child("status")?.Child("loadBalancer")?.Objects("ingress") ?? [])
        {
            if (ingress.Text("ip").Length > 0)
                ingress.Default("ipMode", "VIP");
        }
    }

    private static void SessionAffinity(JsonObject spec)
    {
        var affinity = spec.Text("sessionAffinity");
        if (affinity == "None")
            spec.Remove("sessionAffinityConfig");
        var client = spec.Child("sessionAffinityConfig")?.Child("clientIP");
        if (affinity == "ClientIP" && (client is null || client["timeoutSeconds"] is null))
            spec["sessionAffinityConfig"] = new JsonObject { ["clientIP"] = new JsonObject { ["timeoutSeconds"] = (long)AffinitySeconds } };
    }

    private static bool IsUnset(JsonNode? port)
    {
        if (port is not JsonValue value)
            return port is null;
        return value.TryGetValue(out string? name) ? name.Length == 0 : value.GetValueKind() == JsonValueKind.Number && JsonNumber.Of(value).Value == 0;
    }
}
