using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>discovery.k8s.io/v1</c>.</summary>
internal static class DiscoveryResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced("discovery.k8s.io/v1", "EndpointSlice", "endpointslices") with { TracksGeneration = true },
    ];
}
