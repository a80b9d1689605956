using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>The rules of the groups beside core, apps and batch, by kind. Each kind's rules are whole: they say in upstream's order and words what the schema's list of allowed values would say too.</summary>
internal static class GroupRules
{
    /// <param name="old">Null for a new object.</param>
    private delegate void Rule(JsonObject obj, JsonObject? old, List<StatusCause> causes);

    private const string NotSupported = "FieldValueNotSupported";
    private const string Required = "FieldValueRequired";

    private static readonly FrozenDictionary<(string Group, string Kind), Rule> ByKind = new Dictionary<(string, string), Rule>
    {
        [("networking.k8s.io", "Ingress")] = IngressRules.Ingress,
        [("networking.k8s.io", "IngressClass")] = NetworkingRules.IngressClass,
        [("networking.k8s.io", "NetworkPolicy")] = NetworkingRules.NetworkPolicy,
        [("networking.k8s.io", "IPAddress")] = NetworkingRules.IpAddress,
        [("networking.k8s.io", "ServiceCIDR")] = NetworkingRules.ServiceCidr,
        [("storage.k8s.io", "StorageClass")] = StorageRules.StorageClass,
        [("storage.k8s.io", "VolumeAttributesClass")] = StorageRules.VolumeAttributesClass,
        [("storage.k8s.io", "VolumeAttachment")] = StorageRules.VolumeAttachment,
        [("storage.k8s.io", "CSINode")] = StorageRules.CsiNode,
        [("storage.k8s.io", "CSIDriver")] = StorageRules.CsiDriver,
        [("storage.k8s.io", "CSIStorageCapacity")] = StorageRules.CsiStorageCapacity,
        [("rbac.authorization.k8s.io", "Role")] = RbacRules.Role,
        [("rbac.authorization.k8s.io", "ClusterRole")] = RbacRules.ClusterRole,
        [("rbac.authorization.k8s.io", "RoleBinding")] = RbacRules.RoleBinding,
        [("rbac.authorization.k8s.io", "ClusterRoleBinding")] = RbacRules.ClusterRoleBinding,
        [("scheduling.k8s.io", "PriorityClass")] = SchedulingRules.PriorityClass,
        [("node.k8s.io", "RuntimeClass")] = SchedulingRules.RuntimeClass,
        [("coordination.k8s.io", "Lease")] = SchedulingRules.Lease,
        [("discovery.k8s.io", "EndpointSlice")] = EndpointSliceRules.EndpointSlice,
        [("flowcontrol.apiserver.k8s.io", "FlowSchema")] = FlowControlRules.FlowSchema,
        [("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration")] = FlowControlRules.PriorityLevel,
        [("apiregistration.k8s.io", "APIService")] = ApiServiceRules.ApiService,
        [("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")] = WebhookRules.Validating,
        [("admissionregistration.k8s.io", "MutatingWebhookConfiguration")] = WebhookRules.Mutating,
        [("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")] = AdmissionPolicyRules.ValidatingPolicy,
        [("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding")] = AdmissionPolicyRules.ValidatingBinding,
    }.ToFrozenDictionary();

    /// <summary>Checks an object of these groups; false for others.</summary>
    public static bool Check(BuiltInResource resource, JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        if (!ByKind.TryGetValue((resource.Group, resource.Kind), out var rule))
            return false;
        causes.RemoveAll(static cause => cause.Reason is NotSupported || (cause.Reason == Required && !cause.Field.StartsWith("metadata", StringComparison.Ordinal)));
        rule(obj, old, causes);
        return true;
    }

    /// <summary>Checks a write to status.</summary>
    public static void CheckStatus(BuiltInResource resource, JsonObject obj, JsonObject old, List<StatusCause> causes)
    {
        switch (resource.Group, resource.Kind)
        {
            case ("networking.k8s.io", "Ingress"):
                IngressRules.Status(obj, old, causes);
                break;
            case ("storage.k8s.io", "VolumeAttachment"):
                StorageRules.VolumeAttachment(obj, old, causes);
                break;
        }
    }
}
