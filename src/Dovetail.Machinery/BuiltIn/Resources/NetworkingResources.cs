using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>networking.k8s.io/v1</c>.</summary>
internal static class NetworkingResources
{
    private const string Group = "networking.k8s.io/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster(Group, "IngressClass", "ingressclasses") with { TracksGeneration = true },
        Namespaced(Group, "Ingress", "ingresses") with { ShortNames = ["ing"], Subresources = [Status("Ingress")], TracksGeneration = true },
        Cluster(Group, "IPAddress", "ipaddresses") with { ShortNames = ["ip"] },
        Namespaced(Group, "NetworkPolicy", "networkpolicies") with { ShortNames = ["netpol"], TracksGeneration = true },
        Cluster(Group, "ServiceCIDR", "servicecidrs") with { Subresources = [Status("ServiceCIDR")] },
    ];
}
