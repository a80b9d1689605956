using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Protobuf;

/// <summary>
/// Go writes plain scalars into protobuf even when they are zero, and leaves them out of JSON; pointers are written when they are set, and kept in JSON even when zero. The wire does not tell them apart,
/// so the fields that are pointers, and mean something else at zero than when absent, are named here.
/// </summary>
internal static class ZeroValues
{
    private static readonly FrozenSet<string> Pointers = new[]
    {
        "activeDeadlineSeconds", "allocateLoadBalancerNodePorts", "allowPrivilegeEscalation", "allowVolumeExpansion", "appProtocol", "attachRequired", "automountServiceAccountToken",
        "backoffLimit", "backoffLimitPerIndex", "blockOwnerDeletion", "completions", "controller", "defaultMode", "deletionGracePeriodSeconds", "enableServiceLinks", "expirationSeconds",
        "failedJobsHistoryLimit", "fsGroup", "gracePeriodSeconds", "hostUsers", "immutable", "ingressClassName", "leaseDurationSeconds", "leaseTransitions", "maxFailedIndexes", "minReplicas",
        "mode", "optional", "orphanDependents", "parallelism", "partition", "podInfoOnMount", "priority", "privileged", "progressDeadlineSeconds", "readOnlyRootFilesystem",
        "replicas", "requiresRepublish", "revisionHistoryLimit", "runAsGroup", "runAsNonRoot", "runAsUser", "schema", "seLinuxMount", "setHostnameAsFQDN", "shareProcessNamespace",
        "stabilizationWindowSeconds", "startingDeadlineSeconds", "storageCapacity", "storageClassName", "successfulJobsHistoryLimit", "suspend", "terminationGracePeriodSeconds", 
        "tolerationSeconds", "ttlSecondsAfterFinished", "volumeAttributesClassName", "maximum", "minimum", "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties",
        "served", "storage", "x-kubernetes-preserve-unknown-fields",
    }.ToFrozenSet();

    public static bool IsLeftOut(MessageField field, JsonNode value) => !Pointers.Contains(field.Name) && value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>().Length == 0,
        JsonValueKind.False => true,
        JsonValueKind.Number => value.AsValue().TryGetValue(out long number) && number == 0,
        _ => false,
    };
}
