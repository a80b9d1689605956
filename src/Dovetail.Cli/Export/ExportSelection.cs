using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Dovetail.Cli.Api;

namespace Dovetail.Cli.Export;

/// <summary>What of a cluster is a user's, and in which order another cluster takes it. Pure.</summary>
internal static class ExportSelection
{
    private static readonly FrozenSet<string> OfTheCluster = FrozenSet.Create(
        "events", "events.events.k8s.io", "nodes", "componentstatuses", "leases.coordination.k8s.io", "endpoints", "endpointslices.discovery.k8s.io", "controllerrevisions.apps", "csinodes.storage.k8s.io",
        "csistoragecapacities.storage.k8s.io", "volumeattachments.storage.k8s.io", "certificatesigningrequests.certificates.k8s.io", "apiservices.apiregistration.k8s.io", "ipaddresses.networking.k8s.io",
        "servicecidrs.networking.k8s.io", "flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", "resourceslices.resource.k8s.io",
        "bindings", "podmetrics.metrics.k8s.io", "nodemetrics.metrics.k8s.io");

    private static readonly FrozenSet<string> Namespaces = FrozenSet.Create("default", "kube-system", "kube-public", "kube-node-lease");

    /// <summary>What others refer to comes before them; webhooks, which may refuse the rest, come last.</summary>
    private static readonly string[] Order =
    [
        "customresourcedefinitions.apiextensions.k8s.io", "namespaces", "priorityclasses.scheduling.k8s.io", "storageclasses.storage.k8s.io", "runtimeclasses.node.k8s.io", "serviceaccounts",
        "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io", "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io", "resourcequotas", "limitranges",
        "secrets", "configmaps", "persistentvolumes", "persistentvolumeclaims", "services", "", "daemonsets.apps", "deployments.apps", "statefulsets.apps", "replicasets.apps", "replicationcontrollers",
        "cronjobs.batch", "jobs.batch", "pods", "*", "validatingadmissionpolicies.admissionregistration.k8s.io", "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io", "validatingwebhookconfigurations.admissionregistration.k8s.io",
    ];

    private static readonly FrozenDictionary<string, int> Ranks = Order.Select((name, rank) => (name, rank)).ToFrozenDictionary(pair => pair.name, pair => pair.rank);

    /// <summary>Whether objects of the kind are exported at all: they can be created and listed, and are no record of the cluster's own.</summary>
    public static bool Takes(ServedKind kind) => kind.Verbs.Contains("list") && kind.Verbs.Contains("create") && !OfTheCluster.Contains(kind.QualifiedName);

    /// <summary>Custom resources come behind everything that Kubernetes has itself.</summary>
    public static int Rank(ServedKind kind) =>
        Ranks.TryGetValue(kind.QualifiedName, out var rank) ? rank : Ranks[kind.Group.EndsWith(".k8s.io", StringComparison.Ordinal) || !kind.Group.Contains('.', StringComparison.Ordinal) ? "" : "*"];

    /// <summary>Whether the object is a user's: not one that a cluster makes by itself, and none whose owner makes it anew.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="exported">The kinds that are exported, as <c>apps/Deployment</c>.</param>
    public static bool Takes(JsonObject obj, IReadOnlySet<string> exported)
    {
        var metadata = obj["metadata"] as JsonObject ?? [];
        var (kind, name, ns) = (Text(obj, "kind"), Text(metadata, "name"), Text(metadata, "namespace"));
        var labels = metadata["labels"] as JsonObject ?? [];
        if (metadata["deletionTimestamp"] is not null || labels["kubernetes.io/bootstrapping"] is not null) return false;
        if ((metadata["ownerReferences"] as JsonArray ?? []).OfType<JsonObject>().Any(owner => owner["controller"]?.GetValue<bool>() == true && exported.Contains(KindOf(owner)))) return false;
        return kind switch
        {
            // The platform's own parts: another cluster gets them by an installation.
            "Deployment" or "DaemonSet" => labels["app.kubernetes.io/managed-by"]?.ToString() != "dovetail",
            "Namespace" => !Namespaces.Contains(name),
            "ConfigMap" => name != "kube-root-ca.crt" && !(ns == "kube-system" && name is "extension-apiserver-authentication" or "kube-apiserver-legacy-service-account-token-tracking"),
            "Secret" => Text(obj, "type") is not ("kubernetes.io/service-account-token" or "bootstrap.kubernetes.io/token"),
            "ServiceAccount" => name != "default" || obj["imagePullSecrets"] is not null || labels.Count > 0 || metadata["annotations"] is not null,
            "PriorityClass" => !name.StartsWith("system-", StringComparison.Ordinal),
            "Service" => (ns, name) != ("default", "kubernetes"),
            _ => true,
        };
    }

    /// <summary><c>apps/Deployment</c>, whatever the version.</summary>
    public static string KindOf(JsonObject obj)
    {
        var version = Text(obj, "apiVersion");
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        return $"{(slash < 0 ? "" : version[..slash])}/{Text(obj, "kind")}";
    }

    private static string Text(JsonObject obj, string name) => obj[name]?.ToString() ?? "";
}
