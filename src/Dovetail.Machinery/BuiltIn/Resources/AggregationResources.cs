using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>apiregistration.k8s.io/v1</c>.</summary>
internal static class AggregationResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster("apiregistration.k8s.io/v1", "APIService", "apiservices", "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1") with
        {
            NeedsRevision = true,
            Categories = ["api-extensions"],
            Subresources = [Status("APIService")],
        },
    ];
}
