using System.Collections.Immutable;
using Dovetail.Machinery.BuiltIn;

namespace Dovetail.ApiServer.Registry;

/// <summary>The resources whose objects are questions; see <see cref="AccessReviews"/>.</summary>
internal static class ReviewResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Review("authentication", "SelfSubjectReview", namespaced: false),
        Review("authorization", "SelfSubjectAccessReview", namespaced: false),
        Review("authorization", "SelfSubjectRulesReview", namespaced: false),
        Review("authorization", "SubjectAccessReview", namespaced: false),
        Review("authorization", "LocalSubjectAccessReview", namespaced: true),
    ];

    private static BuiltInResource Review(string package, string kind, bool namespaced) => new()
    {
        Group = $"{package}.k8s.io",
        Version = "v1",
        Kind = kind,
        Plural = kind.ToLowerInvariant() + "s",
        Singular = kind.ToLowerInvariant(),
        Namespaced = namespaced,
        Verbs = ["create"],
        DefinitionName = $"io.k8s.api.{package}.v1.{kind}",
        StorageName = kind.ToLowerInvariant() + "s",
        Enforced = true,
    };
}
