using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>autoscaling/v2</c> and <c>autoscaling/v1</c>: the same autoscalers, stored as v2.</summary>
internal static class AutoscalingResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Autoscaler("v2"),
        Autoscaler("v1"),
    ];

    private static BuiltInResource Autoscaler(string version) => Namespaced($"autoscaling/{version}", "HorizontalPodAutoscaler", "horizontalpodautoscalers") with
    {
        ShortNames = ["hpa"],
        Categories = ["all"],
        Subresources = [Status("HorizontalPodAutoscaler")],
        StorageVersion = "v2",
    };
}
