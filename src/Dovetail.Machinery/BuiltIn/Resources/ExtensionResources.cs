using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>apiextensions.k8s.io/v1</c>.</summary>
internal static class ExtensionResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1") with
        {
            NeedsRevision = true,
            ShortNames = ["crd", "crds"],
            Categories = ["api-extensions"],
            Subresources = [Status("CustomResourceDefinition")],
            TracksGeneration = true,
            Enforced = true,
        },
    ];
}
