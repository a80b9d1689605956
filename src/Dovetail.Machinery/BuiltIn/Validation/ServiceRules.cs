using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Services (<c>validateService</c>).</summary>
internal static class ServiceRules
{
    private const long LongestAffinitySeconds = 86400;

    public static void Check(FieldScope service, JsonObject? old)
    {
        var spec = service.Part("spec");
        if (old?.Child("spec") is { } before)
            CheckChange(spec, before);
        var (type, headless) = (spec.Text("type"), IsHeadless(spec));
        if (spec.Count("ports") == 0 && !headless && type != "ExternalName")
            spec.Required("ports");
        CheckType(spec, type, headless);
        CheckPorts(spec, headless);
        spec.Labels("selector");
        CheckAffinity(spec);
        if (type != "ExternalName")
            CheckAddresses(spec);
        foreach (var (ip, path) in spec.Texts("externalIPs"))
            CheckEndpointAddress(spec, path, ip);
        spec.RequiredOneOf("type", "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        if (type == "ClusterIP")
        {
            foreach (var port in spec.Each("ports"))
            {
                if (port.Number("nodePort") is not (null or 0))
                    port.Forbidden("nodePort", "may not be used when `type` is 'ClusterIP'");
            }
        }
        CheckUnique(spec);
        CheckLoadBalancer(spec, type);
        CheckPolicies(spec, type);
    }

    /// <summary>Where a load balancer can be reached; what stood there before may stay.</summary>
    public static void CheckStatus(FieldScope service, JsonObject old)
    {
        var balancer = service.Part("status").Part("loadBalancer");
        if (service.Part("spec").Text("type") != "LoadBalancer")
        {
            if (balancer.Count("ingress") > 0)
                balancer.Forbidden("ingress", "may only be used when `spec.type` is 'LoadBalancer'");
            return;
        }
        var known = new FieldScope(old, "", []).Part("status").Part("loadBalancer").Each("ingress").Select(static i => i.Text("ip")).ToHashSet(StringComparer.Ordinal);
        foreach (var point in balancer.Each("ingress"))
        {
            var hasIp = point.Text("ip").Length > 0;
            if (!known.Contains(point.Text("ip")))
                point.OptionalName("ip", Addresses.LegacyIp);
            if (!point.Has("ipMode") && hasIp)
                point.Required("ipMode", "must be specified when `ip` is set");
            else if (point.Has("ipMode") && !hasIp)
                point.Forbidden("ipMode", "may not be specified when `ip` is not set");
            else if (point.Has("ipMode"))
                point.OneOf("ipMode", "Proxy", "VIP");
            point.OptionalName("hostname", Names.DnsSubdomain);
            if (Addresses.IsIp(point.Text("hostname")))
                point.Invalid("hostname", "must be a DNS name, not an IP address");
        }
    }

    /// <summary>An address that other machines can reach through the network.</summary>
    public static void CheckEndpointAddress(FieldScope scope, string path, string ip)
    {
        if (Addresses.LegacyIp(ip) is { } wrong)
        {
            scope.Causes.Add(FieldErrors.Invalid(path, ip, wrong));
            return;
        }
        foreach (var reason in Addresses.NoEndpoint(ip))
            scope.Causes.Add(FieldErrors.Invalid(path, ip, reason));
    }

    private static bool IsHeadless(FieldScope spec) => spec.Texts("clusterIPs").FirstOrDefault().Text == "None" || (spec.Count("clusterIPs") == 0 && spec.Text("clusterIP") == "None");

    private static bool IsAccessible(FieldScope spec) => spec.Text("type") is "NodePort" or "LoadBalancer" || (spec.Text("type") == "ClusterIP" && spec.Count("externalIPs") > 0);

    private static bool NeedsHealthCheck(FieldScope spec) => spec.Text("type") == "LoadBalancer" && spec.Text("externalTrafficPolicy") == "Local";

    private static void CheckChange(FieldScope spec, JsonObject old)
    {
        var before = new FieldScope(old, "spec", spec.Causes);
        if (spec.Text("type") != "ExternalName" && before.Text("type") != "ExternalName")
        {
            var (now, then) = (spec.Texts("clusterIPs").FirstOrDefault().Text ?? "", before.Texts("clusterIPs").FirstOrDefault().Text ?? "");
            if (then.Length > 0 && now.Length > 0 && now != then)
                spec.Invalid("clusterIPs[0]", spec.Object["clusterIPs"]?.DeepClone(), "may not change once set");
            else if (then.Length > 0 && now.Length == 0)
                spec.Invalid("clusterIPs[0]", spec.Object["clusterIPs"]?.DeepClone(), "primary clusterIP can not be unset");
        }
        if (NeedsHealthCheck(before) && NeedsHealthCheck(spec) && spec.Number("healthCheckNodePort") != before.Number("healthCheckNodePort"))
            spec.Forbidden("healthCheckNodePort", "field is immutable");
        if (before.Text("type") == "LoadBalancer" && spec.Text("type") == "LoadBalancer" && before.Text("loadBalancerClass") != spec.Text("loadBalancerClass"))
            spec.Invalid("loadBalancerClass", "may not change once set");
    }

    private static void CheckType(FieldScope spec, string type, bool headless)
    {
        if (type is "LoadBalancer" or "NodePort" && headless)
            spec.Invalid("clusterIPs[0]", "None", $"may not be set to 'None' for {type} services");
        if (type != "ExternalName")
            return;
        if (spec.Count("clusterIPs") > 0)
            spec.Forbidden("clusterIPs", "may not be set for ExternalName services");
        if (spec.Count("ipFamilies") > 0)
            spec.Forbidden("ipFamilies", "may not be set for ExternalName services");
        if (spec.Has("ipFamilyPolicy"))
            spec.Forbidden("ipFamilyPolicy", "may not be set for ExternalName services");
        var name = spec.Text("externalName") is var given && given.EndsWith('.') ? given[..^1] : given;
        if (name.Length == 0)
            spec.Required("externalName");
        else if (Names.DnsSubdomain(name) is { } wrong)
            spec.Invalid("externalName", name, wrong);
    }

    private static void CheckPorts(FieldScope spec, bool headless)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var named = spec.Count("ports") > 1;
        foreach (var port in spec.Each("ports"))
        {
            var name = port.Text("name");
            if (named && name.Length == 0)
                port.Required("name");
            else if (name.Length > 0)
            {
                port.Name("name", Names.DnsLabel);
                if (!names.Add(name))
                    port.Causes.Add(FieldErrors.Duplicate(port.At("name"), name));
            }
            port.Port("port");
            port.RequiredOneOf("protocol", "SCTP", "TCP", "UDP");
            if (port.Object["targetPort"] is JsonValue target && target.TryGetValue(out string? text))
            {
                foreach (var wrong in NameForms.PortName(text))
                    port.Invalid("targetPort", wrong);
            }
            else
                port.Port("targetPort");
            if (port.Has("appProtocol"))
                port.Name("appProtocol", Names.QualifiedName);
        }
    }

    private static void CheckAffinity(FieldScope spec)
    {
        spec.RequiredOneOf("sessionAffinity", "ClientIP", "None");
        var config = spec.Child("sessionAffinityConfig");
        if (spec.Text("sessionAffinity") == "None" && config is not null)
            spec.Forbidden("sessionAffinityConfig", "must not be set when session affinity is None");
        if (spec.Text("sessionAffinity") == "ClientIP" && config?.Child("clientIP") is { } client && client.Number("timeoutSeconds") is null or <= 0 or > LongestAffinitySeconds)
            client.Invalid("timeoutSeconds", $"must be greater than 0 and less than {LongestAffinitySeconds}");
    }

    private static void CheckAddresses(FieldScope spec)
    {
        var ips = spec.Texts("clusterIPs").ToArray();
        var single = spec.Text("clusterIP");
        if (single.Length > 0 && ips.Length == 0)
            spec.Required("clusterIPs");
        else if (single.Length > 0 && ips[0].Text != single)
            spec.Invalid("clusterIPs", "first value must match `clusterIP`");
        else if (single.Length == 0 && ips.Length > 0)
            spec.Invalid("clusterIPs", "must be empty when `clusterIP` is not specified");
        var families = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (family, path) in spec.Texts("ipFamilies"))
        {
            if (family is not ("IPv4" or "IPv6"))
                spec.Causes.Add(FieldErrors.NotSupported(path, family, ["IPv4", "IPv6"]));
            if (!families.Add(family))
                spec.Causes.Add(FieldErrors.Duplicate(path, family));
        }
        if (spec.Has("ipFamilyPolicy"))
            spec.OneOf("ipFamilyPolicy", "PreferDualStack", "RequireDualStack", "SingleStack");
        var wrong = false;
        for (var i = 0; i < ips.Length; i++)
        {
            if (i == 0 && ips[i].Text == "None")
            {
                if (ips.Length > 1)
                    spec.Invalid("clusterIPs", "'None' must be the first and only value");
                wrong |= ips.Length > 1;
                continue;
            }
            if (Addresses.LegacyIp(ips[i].Text) is not { } why)
                continue;
            spec.Causes.Add(FieldErrors.Invalid(ips[i].Path, ips[i].Text, why));
            wrong = true;
        }
        if (ips.Length > 2)
            spec.Invalid("clusterIPs", "may only hold up to 2 values");
        if (!wrong && ips.Length > 1 && (ips.Length > 2 || ips[0].Text.Contains(':') == ips[1].Text.Contains(':')))
            spec.Invalid("clusterIPs", "may specify no more than one IP for each IP family");
    }

    private static void CheckUnique(FieldScope spec)
    {
        var nodePorts = new HashSet<(string, long)>();
        var ports = new HashSet<(string, long)>();
        foreach (var port in spec.Each("ports"))
        {
            if (port.Number("nodePort") is { } node and not 0 && !nodePorts.Add((port.Text("protocol"), node)))
                port.Causes.Add(FieldErrors.Duplicate(port.At("nodePort"), node));
        }
        foreach (var port in spec.Each("ports"))
        {
            if (ports.Add((port.Text("protocol"), port.Number("port") ?? 0)))
                continue;
            // Upstream shows its internal type with everything but the key left empty.
            var key = new JsonObject { ["Name"] = "", ["Protocol"] = port.Text("protocol"), ["AppProtocol"] = null, ["Port"] = port.Number("port") ?? 0, ["TargetPort"] = 0, ["NodePort"] = 0 };
            spec.Causes.Add(FieldErrors.Duplicate(port.Path, key));
        }
    }

    private static void CheckLoadBalancer(FieldScope spec, string type)
    {
        if (spec.Count("loadBalancerSourceRanges") > 0)
        {
            if (type != "LoadBalancer")
                spec.Forbidden("LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'");
            var index = 0;
            foreach (var (range, _) in spec.Texts("loadBalancerSourceRanges"))
            {
                var path = spec.At($"LoadBalancerSourceRanges[{index++}]");
                if (!range.Contains('/') || !System.Net.IPNetwork.TryParse(range.Trim(), out _))
                    spec.Causes.Add(FieldErrors.Invalid(path, range.Trim(), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
            }
        }
        if (type != "LoadBalancer" && spec.Has("allocateLoadBalancerNodePorts"))
            spec.Forbidden("allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
        if (!spec.Has("loadBalancerClass"))
            return;
        if (type != "LoadBalancer")
            spec.Forbidden("loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
        else
            spec.Name("loadBalancerClass", Names.QualifiedName);
    }

    private static void CheckPolicies(FieldScope spec, string type)
    {
        var external = spec.Text("externalTrafficPolicy");
        if (!IsAccessible(spec))
        {
            if (external.Length > 0)
                spec.Invalid("externalTrafficPolicy", "may only be set for externally-accessible services");
        }
        else
            spec.RequiredOneOf("externalTrafficPolicy", "Cluster", "Local");
        if (!NeedsHealthCheck(spec) && spec.Number("healthCheckNodePort") is not (null or 0))
            spec.Invalid("healthCheckNodePort", "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        if (spec.Has("internalTrafficPolicy"))
            spec.OneOf("internalTrafficPolicy", "Cluster", "Local");
        else if (type is "NodePort" or "LoadBalancer" or "ClusterIP")
            spec.Required("internalTrafficPolicy");
        if (spec.Has("trafficDistribution"))
            spec.OneOf("trafficDistribution", "PreferClose", "PreferSameZone", "PreferSameNode");
    }
}
