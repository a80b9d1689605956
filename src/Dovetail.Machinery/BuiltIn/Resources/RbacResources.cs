using System.Collections.Immutable;
using Dovetail.Machinery.Schemas;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>rbac.authorization.k8s.io/v1</c>.</summary>
internal static class RbacResources
{
    private const string Package = "io.k8s.api.rbac.v1";
    private const string Group = "rbac.authorization.k8s.io/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster(Group, "ClusterRoleBinding", "clusterrolebindings", Package) with { NameRule = NameRule.PathSegment, Enforced = true },
        Cluster(Group, "ClusterRole", "clusterroles", Package) with { NameRule = NameRule.PathSegment, Enforced = true },
        Namespaced(Group, "RoleBinding", "rolebindings", Package) with { NameRule = NameRule.PathSegment, Enforced = true },
        Namespaced(Group, "Role", "roles", Package) with { NameRule = NameRule.PathSegment, Enforced = true },
    ];
}
