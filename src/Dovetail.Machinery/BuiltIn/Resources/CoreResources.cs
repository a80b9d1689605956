using System.Collections.Immutable;
using Dovetail.Machinery.Schemas;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary>The core group, <c>v1</c>.</summary>
internal static class CoreResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced("v1", "Binding", "bindings") with { Verbs = CreateOnly, Enforced = true },
        Cluster("v1", "ComponentStatus", "componentstatuses") with { ShortNames = ["cs"], Singular = "componentstatus", Verbs = ["get", "list"], Deprecation = "v1 ComponentStatus is deprecated in v1.19+" },
        Namespaced("v1", "ConfigMap", "configmaps") with { ShortNames = ["cm"], Enforced = true },
        Namespaced("v1", "Endpoints", "endpoints") with { ShortNames = ["ep"], Deprecation = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice" },
        Namespaced("v1", "Event", "events") with { ShortNames = ["ev"], Enforced = true },
        Namespaced("v1", "LimitRange", "limitranges") with { ShortNames = ["limits"] },
        Cluster("v1", "Namespace", "namespaces") with
        {
            ShortNames = ["ns"],
            Verbs = ["create", "delete", "get", "list", "patch", "update", "watch"],
            Subresources = [new("finalize", "Namespace", ["update"]), Status("Namespace")],
            NameRule = NameRule.DnsLabel,
            Enforced = true,
        },
        Cluster("v1", "Node", "nodes") with { ShortNames = ["no"], Subresources = [Proxy("NodeProxyOptions"), Status("Node")], Enforced = true },
        Namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims") with { AnswersDeleted = true, ShortNames = ["pvc"], Subresources = [Status("PersistentVolumeClaim")] },
        Cluster("v1", "PersistentVolume", "persistentvolumes") with { AnswersDeleted = true, ShortNames = ["pv"], Subresources = [Status("PersistentVolume")] },
        Namespaced("v1", "Pod", "pods") with
        {
            AnswersDeleted = true,
            ShortNames = ["po"],
            Categories = ["all"],
            Subresources =
            [
                Connection("attach", "PodAttachOptions"),
                new("binding", "Binding", CreateOnly),
                Same("ephemeralcontainers", "Pod"),
                new("eviction", "Eviction", CreateOnly) { Group = "policy", Version = "v1" },
                Connection("exec", "PodExecOptions"),
                new("log", "Pod", ["get"]) { Connects = true },
                Connection("portforward", "PodPortForwardOptions"),
                Proxy("PodProxyOptions"),
                Same("resize", "Pod"),
                Status("Pod"),
            ],
            TracksGeneration = true,
            Enforced = true,
        },
        Namespaced("v1", "PodTemplate", "podtemplates") with { AnswersDeleted = true, TracksGeneration = true, Enforced = true },
        Namespaced("v1", "ReplicationController", "replicationcontrollers") with
        {
            ShortNames = ["rc"],
            Categories = ["all"],
            Subresources = [Scale, Status("ReplicationController")],
            TracksGeneration = true,
        },
        Namespaced("v1", "ResourceQuota", "resourcequotas") with { AnswersDeleted = true, ShortNames = ["quota"], Subresources = [Status("ResourceQuota")] },
        Namespaced("v1", "Secret", "secrets") with { Enforced = true },
        Namespaced("v1", "ServiceAccount", "serviceaccounts") with
        {
            AnswersDeleted = true,
            ShortNames = ["sa"],
            Subresources = [new("token", "TokenRequest", CreateOnly) { Group = "authentication.k8s.io", Version = "v1" }],
            Enforced = true,
        },
        Namespaced("v1", "Service", "services") with
        {
            AnswersDeleted = true,
            ShortNames = ["svc"],
            Categories = ["all"],
            Subresources = [Proxy("ServiceProxyOptions"), Status("Service")],
            NameRule = NameRule.DnsLabel,
        },
    ];
}
