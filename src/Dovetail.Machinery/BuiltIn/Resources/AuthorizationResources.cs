using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>authorization.k8s.io/v1</c>.</summary>
internal static class AuthorizationResources
{
    private const string Group = "authorization.k8s.io/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced(Group, "LocalSubjectAccessReview", "localsubjectaccessreviews").Review(),
        Cluster(Group, "SelfSubjectAccessReview", "selfsubjectaccessreviews").Review(),
        Cluster(Group, "SelfSubjectRulesReview", "selfsubjectrulesreviews").Review(),
        Cluster(Group, "SubjectAccessReview", "subjectaccessreviews").Review(),
    ];
}
