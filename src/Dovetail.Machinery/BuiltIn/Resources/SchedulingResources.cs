using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>scheduling.k8s.io/v1</c>.</summary>
internal static class SchedulingResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses") with { ShortNames = ["pc"], TracksGeneration = true, Enforced = true },
    ];
}
