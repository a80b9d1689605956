using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>coordination.k8s.io/v1</c>.</summary>
internal static class CoordinationResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced("coordination.k8s.io/v1", "Lease", "leases") with { NeedsRevision = true, Enforced = true },
    ];
}
