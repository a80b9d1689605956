using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>flowcontrol.apiserver.k8s.io/v1</c>.</summary>
internal static class FlowControlResources
{
    private const string Group = "flowcontrol.apiserver.k8s.io/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster(Group, "FlowSchema", "flowschemas") with { Subresources = [Status("FlowSchema")], TracksGeneration = true },
        Cluster(Group, "PriorityLevelConfiguration", "prioritylevelconfigurations") with { Subresources = [Status("PriorityLevelConfiguration")], TracksGeneration = true },
    ];
}
