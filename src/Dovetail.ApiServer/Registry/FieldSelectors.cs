using System.Collections.Frozen;

namespace Dovetail.ApiServer.Registry;

/// <summary>Which fields the built-in kinds can be selected by, beyond metadata.name and metadata.namespace (upstream: the strategies' <c>ToSelectableFields</c>).</summary>
internal static class FieldSelectors
{
    private static readonly FrozenDictionary<string, FrozenSet<string>> ByResource = new Dictionary<string, string[]>
    {
        ["pods"] = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
        ["nodes"] = ["spec.unschedulable"],
        ["namespaces"] = ["status.phase"],
        ["secrets"] = ["type"],
        ["services"] = ["spec.clusterIP", "spec.type"],
        ["replicationcontrollers"] = ["status.replicas"],
        ["replicasets.apps"] = ["status.replicas"],
        ["jobs.batch"] = ["status.successful"],
        ["certificatesigningrequests.certificates.k8s.io"] = ["spec.signerName"],
        ["events"] = EventFields("involvedObject", "reportingComponent"),
        ["events.events.k8s.io"] = EventFields("regarding", "reportingController"),
    }.ToFrozenDictionary(e => e.Key, e => e.Value.ToFrozenSet());

    public static FrozenSet<string> BuiltIn(string group, string plural) =>
        ByResource.GetValueOrDefault(Refusals.Qualified(plural, group), FrozenSet<string>.Empty);

    private static string[] EventFields(string subject, string reporter) =>
    [
        "reason", "type", "source", reporter,
        $"{subject}.kind", $"{subject}.namespace", $"{subject}.name", $"{subject}.uid", $"{subject}.apiVersion", $"{subject}.resourceVersion", $"{subject}.fieldPath",
    ];
}
