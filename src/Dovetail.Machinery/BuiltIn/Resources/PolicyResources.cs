using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>policy/v1</c>; evictions are a subresource of pods.</summary>
internal static class PolicyResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets") with { NeedsRevision = true, ShortNames = ["pdb"], Subresources = [Status("PodDisruptionBudget")], TracksGeneration = true },
    ];
}
