using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>authentication.k8s.io/v1</c>.</summary>
internal static class AuthenticationResources
{
    private const string Group = "authentication.k8s.io/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster(Group, "SelfSubjectReview", "selfsubjectreviews").Review(),
        Cluster(Group, "TokenReview", "tokenreviews").Review(),
    ];
}
