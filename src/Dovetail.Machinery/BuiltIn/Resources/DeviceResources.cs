using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>resource.k8s.io/v1</c>: dynamic resource allocation.</summary>
internal static class DeviceResources
{
    private const string Group = "resource.k8s.io/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster(Group, "DeviceClass", "deviceclasses") with { AnswersDeleted = true, TracksGeneration = true },
        Namespaced(Group, "ResourceClaim", "resourceclaims") with { AnswersDeleted = true, Subresources = [Status("ResourceClaim")] },
        Namespaced(Group, "ResourceClaimTemplate", "resourceclaimtemplates") with { AnswersDeleted = true },
        Cluster(Group, "ResourceSlice", "resourceslices") with { AnswersDeleted = true, TracksGeneration = true },
    ];
}
