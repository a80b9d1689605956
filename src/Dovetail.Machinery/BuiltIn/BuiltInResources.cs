using System.Collections.Frozen;
using System.Collections.Immutable;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>The table of Kubernetes' own resources that are served.</summary>
public static class BuiltInResources
{
    public static ImmutableArray<string> AllVerbs { get; } = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    private static readonly ImmutableArray<string> ReadWrite = ["get", "patch", "update"];
    private static readonly ImmutableArray<string> CreateOnly = ["create"];

    /// <summary>In discovery's order of groups (core first), then by plural.</summary>
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        .. Core(),
        Resource("apiregistration.k8s.io/v1", "APIService", "apiservices", namespaced: false, "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1") with { Categories = ["api-extensions"], Subresources = [Status("APIService")] },
        .. Apps(),
        Resource("events.k8s.io/v1", "Event", "events", namespaced: true) with { ShortNames = ["ev"], StorageName = "events", Enforced = true },
        Resource("batch/v1", "Job", "jobs", namespaced: true) with { Categories = ["all"], Subresources = [Status("Job")], TracksGeneration = true },
        Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", namespaced: true) with { ShortNames = ["netpol"], TracksGeneration = true },
        Resource("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", namespaced: true) with { ShortNames = ["pdb"], Subresources = [Status("PodDisruptionBudget")], TracksGeneration = true },
        .. Rbac(),
        Resource("storage.k8s.io/v1", "StorageClass", "storageclasses", namespaced: false) with { ShortNames = ["sc"] },
        Resource("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced: false, "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1") with
        {
            ShortNames = ["crd", "crds"],
            Categories = ["api-extensions"],
            Subresources = [Status("CustomResourceDefinition")],
            TracksGeneration = true,
            Enforced = true,
        },
        Resource("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", namespaced: false) with { ShortNames = ["pc"], TracksGeneration = true },
        Resource("coordination.k8s.io/v1", "Lease", "leases", namespaced: true) with { Enforced = true },
        Resource("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", namespaced: false),
        Resource("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", namespaced: true) with { TracksGeneration = true },
    ];

    private static readonly FrozenDictionary<(string, string, string), BuiltInResource> ByPlural = All.ToFrozenDictionary(static r => (r.Group, r.Version, r.Plural));

    private static readonly FrozenDictionary<(string, string, string), BuiltInResource> ByKind = All.ToFrozenDictionary(static r => (r.Group, r.Version, r.Kind));

    public static BuiltInResource? Find(string group, string version, string plural) => ByPlural.GetValueOrDefault((group, version, plural));

    public static BuiltInResource? FindKind(string group, string version, string kind) => ByKind.GetValueOrDefault((group, version, kind));

    private static ImmutableArray<BuiltInResource> Core() =>
    [
        Resource("v1", "ConfigMap", "configmaps", namespaced: true) with { ShortNames = ["cm"], Enforced = true },
        Resource("v1", "Endpoints", "endpoints", namespaced: true) with { ShortNames = ["ep"] },
        Resource("v1", "Event", "events", namespaced: true) with { ShortNames = ["ev"], Enforced = true },
        Resource("v1", "Namespace", "namespaces", namespaced: false) with
        {
            ShortNames = ["ns"],
            Verbs = ["create", "delete", "get", "list", "patch", "update", "watch"],
            Subresources = [new("finalize", "Namespace", ["update"]), Status("Namespace")],
            NameRule = NameRule.DnsLabel,
            Enforced = true,
        },
        Resource("v1", "Node", "nodes", namespaced: false) with { ShortNames = ["no"], Subresources = [Status("Node")], Enforced = true },
        Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims", namespaced: true) with { ShortNames = ["pvc"], Subresources = [Status("PersistentVolumeClaim")] },
        Resource("v1", "PersistentVolume", "persistentvolumes", namespaced: false) with { ShortNames = ["pv"], Subresources = [Status("PersistentVolume")] },
        Resource("v1", "Pod", "pods", namespaced: true) with
        {
            ShortNames = ["po"],
            Categories = ["all"],
            Subresources = [new("binding", "Binding", CreateOnly), new("eviction", "Eviction", CreateOnly) { Group = "policy", Version = "v1" }, Status("Pod")],
            TracksGeneration = true,
            Enforced = true,
        },
        Resource("v1", "Secret", "secrets", namespaced: true) with { Enforced = true },
        Resource("v1", "ServiceAccount", "serviceaccounts", namespaced: true) with { ShortNames = ["sa"], Enforced = true },
        Resource("v1", "Service", "services", namespaced: true) with { ShortNames = ["svc"], Categories = ["all"], Subresources = [Status("Service")], NameRule = NameRule.Dns1035Label },
    ];

    private static ImmutableArray<BuiltInResource> Apps()
    {
        ImmutableArray<BuiltInSubresource> Scaled(string kind) => [new("scale", "Scale", ReadWrite) { Group = "autoscaling", Version = "v1" }, Status(kind)];
        return
        [
            Resource("apps/v1", "DaemonSet", "daemonsets", namespaced: true) with { ShortNames = ["ds"], Categories = ["all"], Subresources = [Status("DaemonSet")], TracksGeneration = true },
            Resource("apps/v1", "Deployment", "deployments", namespaced: true) with { ShortNames = ["deploy"], Categories = ["all"], Subresources = Scaled("Deployment"), TracksGeneration = true },
            Resource("apps/v1", "ReplicaSet", "replicasets", namespaced: true) with { ShortNames = ["rs"], Categories = ["all"], Subresources = Scaled("ReplicaSet"), TracksGeneration = true },
            Resource("apps/v1", "StatefulSet", "statefulsets", namespaced: true) with { ShortNames = ["sts"], Categories = ["all"], Subresources = Scaled("StatefulSet"), TracksGeneration = true },
        ];
    }

    private static ImmutableArray<BuiltInResource> Rbac()
    {
        static BuiltInResource Rule(string kind, string plural, bool namespaced) =>
            Resource("rbac.authorization.k8s.io/v1", kind, plural, namespaced, "io.k8s.api.rbac.v1") with { NameRule = NameRule.PathSegment };
        return
        [
            Rule("ClusterRoleBinding", "clusterrolebindings", namespaced: false),
            Rule("ClusterRole", "clusterroles", namespaced: false),
            Rule("RoleBinding", "rolebindings", namespaced: true),
            Rule("Role", "roles", namespaced: true),
        ];
    }

    private static BuiltInSubresource Status(string kind) => new("status", kind, ReadWrite);

    /// <param name="package">The definitions' package where it is not <c>io.k8s.api.{first label of the group}.{version}</c>.</param>
    private static BuiltInResource Resource(string groupVersion, string kind, string plural, bool namespaced, string package = "")
    {
        var slash = groupVersion.IndexOf('/', StringComparison.Ordinal);
        var (group, version) = slash < 0 ? ("", groupVersion) : (groupVersion[..slash], groupVersion[(slash + 1)..]);
        if (package.Length == 0)
            package = $"io.k8s.api.{(group.Length == 0 ? "core" : group.Split('.')[0])}.{version}";
        return new()
        {
            Group = group,
            Version = version,
            Kind = kind,
            Plural = plural,
            Singular = kind.ToLowerInvariant(),
            Namespaced = namespaced,
            DefinitionName = $"{package}.{kind}",
            StorageName = group.Length == 0 ? plural : $"{plural}.{group}",
        };
    }
}
