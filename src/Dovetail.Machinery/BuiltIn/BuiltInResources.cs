using System.Collections.Frozen;
using System.Collections.Immutable;
using Dovetail.Machinery.BuiltIn.Resources;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Kubernetes' own resources: every one of a stable group version. Each group's are in a file of <c>Resources/</c>.</summary>
public static class BuiltInResources
{
    public static ImmutableArray<string> AllVerbs { get; } = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>In discovery's order: groups as upstream ranks them, the preferred version of a group first, then by plural.</summary>
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        .. CoreResources.All,
        .. AggregationResources.All,
        .. AppsResources.All,
        .. EventsResources.All,
        .. AuthenticationResources.All,
        .. AuthorizationResources.All,
        .. AutoscalingResources.All,
        .. BatchResources.All,
        .. CertificatesResources.All,
        .. NetworkingResources.All,
        .. PolicyResources.All,
        .. RbacResources.All,
        .. StorageResources.All,
        .. AdmissionRegistrationResources.All,
        .. ExtensionResources.All,
        .. SchedulingResources.All,
        .. CoordinationResources.All,
        .. NodeResources.All,
        .. DiscoveryResources.All,
        .. DeviceResources.All,
        .. FlowControlResources.All,
    ];

    private static readonly FrozenDictionary<(string, string, string), BuiltInResource> ByPlural = All.ToFrozenDictionary(static r => (r.Group, r.Version, r.Plural));

    private static readonly FrozenDictionary<(string, string, string), BuiltInResource> ByKind = All.ToFrozenDictionary(static r => (r.Group, r.Version, r.Kind));

    public static BuiltInResource? Find(string group, string version, string plural) => ByPlural.GetValueOrDefault((group, version, plural));

    public static BuiltInResource? FindKind(string group, string version, string kind) => ByKind.GetValueOrDefault((group, version, kind));
}
