using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>node.k8s.io/v1</c>.</summary>
internal static class NodeResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster("node.k8s.io/v1", "RuntimeClass", "runtimeclasses") with { Enforced = true, NeedsRevision = true },
    ];
}
