using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>
/// Services: what the server allocated stays when an update leaves it out, and goes when the type no longer has use for it and the client did not touch it
/// (upstream: <c>patchAllocatedValues</c>, <c>dropTypeDependentFields</c>). Runs before defaults are filled in: a type that is not given is ClusterIP.
/// </summary>
internal sealed class ServiceStrategy : ResourceStrategy
{
    public override NameRule NameRule => NameRule.DnsLabel;

    public override bool CreatesOnUpdate => true;

    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        base.PrepareForCreate(resource, obj);
        if (obj.Child("spec") is { } spec && spec.Text("clusterIP") is { Length: > 0 } ip && spec["clusterIPs"] is not JsonArray { Count: > 0 })
            spec["clusterIPs"] = new JsonArray((JsonNode)ip);
    }

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        base.PrepareForUpdate(resource, obj, old, subresource);
        if (subresource.Length > 0 || obj.Child("spec") is not { } spec || old.Child("spec") is not { } before) return;
        KeepAddresses(spec, before);
        KeepNodePorts(spec, before);
        DropAddresses(spec, before);
        DropPorts(spec, before);
        if (Type(before) == "LoadBalancer" && Type(spec) != "LoadBalancer") obj["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
    }

    private static string Type(JsonObject spec) => spec.Text("type") is { Length: > 0 } type ? type : "ClusterIP";

    private static bool HasAddress(JsonObject spec) => Type(spec) != "ExternalName";

    private static bool HasNodePorts(JsonObject spec) => Type(spec) is "NodePort" || (Type(spec) == "LoadBalancer" && spec.Flag("allocateLoadBalancerNodePorts") != false);

    private static bool HasHealthPort(JsonObject spec) => Type(spec) == "LoadBalancer" && spec.Text("externalTrafficPolicy") == "Local";

    private static bool IsAccessible(JsonObject spec) => Type(spec) is "NodePort" or "LoadBalancer" || (Type(spec) == "ClusterIP" && spec["externalIPs"] is JsonArray { Count: > 0 });

    private static bool Same(JsonObject a, JsonObject b, string field) => JsonNode.DeepEquals(a[field], b[field]);

    /// <summary>A client that knows only one of clusterIP and clusterIPs means both.</summary>
    private static void KeepAddresses(JsonObject spec, JsonObject before)
    {
        var given = spec["clusterIPs"] is JsonArray { Count: > 0 };
        if (!given && before.Text("clusterIP") == spec.Text("clusterIP")) spec.TakeFrom(before, "clusterIPs");
        else if (given && before.Text("clusterIP").Length > 0 && spec.Text("clusterIP").Length == 0 && Same(spec, before, "clusterIPs")) spec.Remove("clusterIPs");
        else if (given && before.Text("clusterIP") != spec.Text("clusterIP") && spec.Text("clusterIP").Length > 0 && Same(spec, before, "clusterIPs")) spec["clusterIPs"] = new JsonArray((JsonNode)spec.Text("clusterIP"));
        else if (!given && spec.Text("clusterIP").Length > 0) spec["clusterIPs"] = new JsonArray((JsonNode)spec.Text("clusterIP"));
        if (!HasAddress(before) || !HasAddress(spec)) return;
        if (spec.Text("clusterIP").Length == 0) spec.TakeFrom(before, "clusterIP");
        if (spec["clusterIPs"] is not JsonArray { Count: > 0 }) spec.TakeFrom(before, "clusterIPs");
    }

    private static void KeepNodePorts(JsonObject spec, JsonObject before)
    {
        if (HasHealthPort(before) && HasHealthPort(spec) && spec.Number("healthCheckNodePort") is null or 0) spec.TakeFrom(before, "healthCheckNodePort");
        if (!HasNodePorts(before) || !HasNodePorts(spec)) return;
        var old = Ports(before).ToDictionary(p => p.Text("name"), p => p.Number("nodePort") ?? 0);
        var kept = Ports(spec).Select(p => p.Number("nodePort") ?? 0).Where(p => p > 0 && old.ContainsValue(p)).ToHashSet();
        foreach (var port in Ports(spec))
        {
            if (port.Number("nodePort") is null or 0 && old.GetValueOrDefault(port.Text("name")) is > 0 and var number && !kept.Contains(number)) port["nodePort"] = ObjectMeta.Long(number);
        }
    }

    private static void DropAddresses(JsonObject spec, JsonObject before)
    {
        if (!HasAddress(before) || HasAddress(spec)) return;
        if (Same(spec, before, "clusterIP") && Same(spec, before, "clusterIPs"))
        {
            spec.Remove("clusterIP");
            spec.Remove("clusterIPs");
        }

        foreach (var field in new[] { "ipFamilies", "ipFamilyPolicy" })
        {
            if (Same(spec, before, field)) spec.Remove(field);
        }
    }

    private static void DropPorts(JsonObject spec, JsonObject before)
    {
        if (HasNodePorts(before) && !HasNodePorts(spec) && Ports(spec).Select(p => p.Number("nodePort") ?? 0).ToHashSet().SetEquals(Ports(before).Select(p => p.Number("nodePort") ?? 0)))
        {
            foreach (var port in Ports(spec)) port.Remove("nodePort");
        }

        if (HasHealthPort(before) && !HasHealthPort(spec) && Same(spec, before, "healthCheckNodePort")) spec.Remove("healthCheckNodePort");
        if (Type(before) == "LoadBalancer" && Type(spec) != "LoadBalancer")
        {
            foreach (var field in new[] { "allocateLoadBalancerNodePorts", "loadBalancerClass" })
            {
                if (Same(spec, before, field)) spec.Remove(field);
            }
        }

        if (IsAccessible(before) && !IsAccessible(spec) && Same(spec, before, "externalTrafficPolicy")) spec.Remove("externalTrafficPolicy");
        if (Type(before) != "ExternalName" && Type(spec) == "ExternalName") spec.Remove("internalTrafficPolicy");
    }

    private static IEnumerable<JsonObject> Ports(JsonObject spec) => (spec["ports"] as JsonArray ?? []).OfType<JsonObject>();
}
