using System.Collections.Immutable;
using Dovetail.Machinery.Schemas;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>apps/v1</c>.</summary>
internal static class AppsResources
{
    private const string Group = "apps/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced(Group, "ControllerRevision", "controllerrevisions") with { Enforced = true },
        Namespaced(Group, "DaemonSet", "daemonsets") with { ShortNames = ["ds"], Categories = ["all"], Subresources = [Status("DaemonSet")], TracksGeneration = true },
        Namespaced(Group, "Deployment", "deployments") with { ShortNames = ["deploy"], Categories = ["all"], Subresources = [Scale, Status("Deployment")], TracksGeneration = true },
        Namespaced(Group, "ReplicaSet", "replicasets") with { ShortNames = ["rs"], Categories = ["all"], Subresources = [Scale, Status("ReplicaSet")], TracksGeneration = true },
        Namespaced(Group, "StatefulSet", "statefulsets") with { ShortNames = ["sts"], Categories = ["all"], Subresources = [Scale, Status("StatefulSet")], TracksGeneration = true, NameRule = NameRule.DnsLabel },
    ];
}
