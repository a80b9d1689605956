using Dovetail.Machinery.BuiltIn.Validation;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>Services and what else has addresses (<c>pkg/api/service/warnings.go</c>, the strategies of networking and discovery).</summary>
internal static class ServiceWarnings
{
    private const string IngressClass = "kubernetes.io/ingress.class";

    public static void Service(FieldScope service, ICollection<string> warnings)
    {
        var spec = service.Part("spec");
        var (type, external) = (spec.Text("type"), spec.Count("externalIPs") > 0);
        var headless = type == "ClusterIP" && spec.Text("clusterIP") == "None";
        if (service.Part("metadata").Part("annotations").Has("service.kubernetes.io/topology-aware-hints"))
            warnings.Add("annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead");
        Ips(spec, "clusterIPs", warnings);
        if (headless && spec.Text("loadBalancerIP").Length > 0)
            warnings.Add("spec.loadBalancerIP is ignored for headless services");
        if (headless && external)
            warnings.Add("spec.externalIPs is ignored for headless services");
        if (headless && spec.Text("sessionAffinity") != "None")
            warnings.Add("spec.SessionAffinity is ignored for headless services");
        Ips(spec, "externalIPs", warnings);
        if (external && !headless && type != "ExternalName")
            warnings.Add("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
        Ip(spec.At("loadBalancerIP"), spec.Text("loadBalancerIP"), warnings);
        Cidrs(spec, "loadBalancerSourceRanges", warnings);
        if (type == "ExternalName" && external)
            warnings.Add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        if (type != "ExternalName" && spec.Text("externalName").Length > 0)
            warnings.Add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
        if (spec.Text("trafficDistribution") == "PreferClose")
            warnings.Add("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }

    public static void Endpoints(FieldScope endpoints, ICollection<string> warnings)
    {
        foreach (var subset in endpoints.Each("subsets"))
        {
            foreach (var address in subset.Each("addresses").Concat(subset.Each("notReadyAddresses")))
                Ip(address.At("ip"), address.Text("ip"), warnings);
        }
    }

    public static void EndpointSlice(FieldScope slice, ICollection<string> warnings)
    {
        if (slice.Text("addressType") == "FQDN")
            warnings.Add("spec.addressType: FQDN endpoints are deprecated");
        foreach (var endpoint in slice.Each("endpoints"))
            Ips(endpoint, "addresses", warnings);
    }

    public static void Ingress(FieldScope ingress, ICollection<string> warnings)
    {
        if (ingress.Part("metadata").Part("annotations").Has(IngressClass))
            warnings.Add($"annotation \"{IngressClass}\" is deprecated, please use 'spec.ingressClassName' instead");
    }

    public static void NetworkPolicy(FieldScope policy, ICollection<string> warnings)
    {
        foreach (var (direction, peers) in (ReadOnlySpan<(string, string)>)[("ingress", "from"), ("egress", "to")])
        {
            foreach (var block in policy.Part("spec").Each(direction).SelectMany(rule => rule.Each(peers)).Select(static peer => peer.Part("ipBlock")))
            {
                Cidr(block.At("cidr"), block.Text("cidr"), warnings);
                Cidrs(block, "except", warnings);
            }
        }
    }

    public static void Ip(string path, string value, ICollection<string> warnings)
    {
        if (Addresses.IpWarning(value) is { } warning)
            warnings.Add($"{path}: {warning}");
    }

    public static void Ips(FieldScope holder, string field, ICollection<string> warnings)
    {
        foreach (var (value, path) in holder.Texts(field))
            Ip(path, value, warnings);
    }

    public static void Cidrs(FieldScope holder, string field, ICollection<string> warnings)
    {
        foreach (var (value, path) in holder.Texts(field))
            Cidr(path, value, warnings);
    }

    private static void Cidr(string path, string value, ICollection<string> warnings)
    {
        foreach (var warning in Addresses.CidrWarnings(value))
            warnings.Add($"{path}: {warning}");
    }
}
