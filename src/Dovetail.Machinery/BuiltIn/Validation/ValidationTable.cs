using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Which rules a kind has. They are the whole of its validation beside metadata: what its schema requires beyond types is said by them, in upstream's order and words.</summary>
internal static class ValidationTable
{
    /// <param name="obj">The whole object, with its defaults.</param>
    /// <param name="old">What it was; null for a new object.</param>
    public delegate void Rules(FieldScope obj, JsonObject? old);

    /// <param name="obj">The whole object, of which one subresource is written.</param>
    /// <param name="old">What it was.</param>
    public delegate void SubresourceRules(FieldScope obj, JsonObject old);

    /// <summary>What create and update are checked against.</summary>
    public static readonly FrozenDictionary<(string Group, string Kind), Rules> Objects = new Dictionary<(string, string), Rules>
    {
        [("", "ConfigMap")] = DataRules.CheckConfigMap,
        [("", "Endpoints")] = EndpointsRules.Check,
        [("", "Event")] = EventRules.CheckCore,
        [("", "LimitRange")] = QuotaRules.CheckLimits,
        [("", "Namespace")] = NamespaceRules.Check,
        [("", "Node")] = NodeRules.Check,
        [("", "PersistentVolume")] = VolumeObjectRules.Check,
        [("", "PersistentVolumeClaim")] = ClaimRules.Check,
        [("", "Pod")] = PodRules.Check,
        [("", "PodTemplate")] = TemplateRules.CheckObject,
        [("", "ReplicationController")] = WorkloadRules.CheckReplicationController,
        [("", "ResourceQuota")] = QuotaRules.CheckQuota,
        [("", "Secret")] = DataRules.CheckSecret,
        [("", "Service")] = ServiceRules.Check,
        [("", "ServiceAccount")] = None,
        [("admissionregistration.k8s.io", "MutatingAdmissionPolicy")] = AdmissionPolicyRules.CheckMutating,
        [("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding")] = AdmissionPolicyRules.CheckMutatingBinding,
        [("admissionregistration.k8s.io", "MutatingWebhookConfiguration")] = WebhookRules.CheckMutating,
        [("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")] = AdmissionPolicyRules.CheckValidating,
        [("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding")] = AdmissionPolicyRules.CheckValidatingBinding,
        [("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")] = WebhookRules.CheckValidating,
        [("apiregistration.k8s.io", "APIService")] = ApiServiceRules.Check,
        [("apps", "ControllerRevision")] = RevisionRules.Check,
        [("apps", "DaemonSet")] = WorkloadRules.CheckDaemonSet,
        [("apps", "Deployment")] = WorkloadRules.CheckDeployment,
        [("apps", "ReplicaSet")] = WorkloadRules.CheckReplicaSet,
        [("apps", "StatefulSet")] = WorkloadRules.CheckStatefulSet,
        [("autoscaling", "HorizontalPodAutoscaler")] = AutoscalerRules.Check,
        [("batch", "CronJob")] = CronJobRules.Check,
        [("batch", "Job")] = JobRules.Check,
        [("certificates.k8s.io", "CertificateSigningRequest")] = None, // the signing request's strategy checks it
        [("coordination.k8s.io", "Lease")] = LeaseRules.Check,
        [("discovery.k8s.io", "EndpointSlice")] = EndpointSliceRules.Check,
        [("events.k8s.io", "Event")] = EventRules.CheckStrict,
        [("flowcontrol.apiserver.k8s.io", "FlowSchema")] = FlowSchemaRules.Check,
        [("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration")] = PriorityLevelRules.Check,
        [("networking.k8s.io", "IPAddress")] = AddressObjectRules.CheckAddress,
        [("networking.k8s.io", "Ingress")] = IngressRules.Check,
        [("networking.k8s.io", "IngressClass")] = IngressClassRules.Check,
        [("networking.k8s.io", "NetworkPolicy")] = NetworkPolicyRules.Check,
        [("networking.k8s.io", "ServiceCIDR")] = AddressObjectRules.CheckRange,
        [("node.k8s.io", "RuntimeClass")] = RuntimeClassRules.Check,
        [("policy", "PodDisruptionBudget")] = QuotaRules.CheckBudget,
        [("rbac.authorization.k8s.io", "ClusterRole")] = RbacRules.CheckClusterRole,
        [("rbac.authorization.k8s.io", "ClusterRoleBinding")] = RbacRules.CheckClusterRoleBinding,
        [("rbac.authorization.k8s.io", "Role")] = RbacRules.CheckRole,
        [("rbac.authorization.k8s.io", "RoleBinding")] = RbacRules.CheckRoleBinding,
        [("resource.k8s.io", "DeviceClass")] = DeviceClassRules.Check,
        [("resource.k8s.io", "ResourceClaim")] = ResourceClaimRules.Check,
        [("resource.k8s.io", "ResourceClaimTemplate")] = ResourceClaimRules.CheckTemplate,
        [("resource.k8s.io", "ResourceSlice")] = ResourceSliceRules.Check,
        [("scheduling.k8s.io", "PriorityClass")] = PriorityClassRules.Check,
        [("storage.k8s.io", "CSIDriver")] = CsiRules.CheckDriver,
        [("storage.k8s.io", "CSINode")] = CsiRules.CheckNode,
        [("storage.k8s.io", "CSIStorageCapacity")] = CsiRules.CheckCapacity,
        [("storage.k8s.io", "StorageClass")] = StorageClassRules.Check,
        [("storage.k8s.io", "VolumeAttachment")] = VolumeAttachmentRules.Check,
        [("storage.k8s.io", "VolumeAttributesClass")] = StorageClassRules.CheckAttributes,
    }.ToFrozenDictionary();

    /// <summary>What writes to a subresource are checked against: fewer rules, since the rest of the object stays.</summary>
    public static readonly FrozenDictionary<(string Group, string Kind, string Subresource), SubresourceRules> Subresources = new Dictionary<(string, string, string), SubresourceRules>
    {
        [("", "Namespace", "status")] = StatusRules.CheckNamespace,
        [("", "Pod", "ephemeralcontainers")] = PodRules.CheckEphemeralUpdate,
        [("", "Pod", "resize")] = static (pod, _) => PodRules.CheckState(pod),
        [("", "Pod", "status")] = PodStatusRules.Check,
        [("", "ReplicationController", "status")] = StatusRules.CheckReplicationController,
        [("", "ResourceQuota", "status")] = QuotaRules.CheckQuotaStatus,
        [("", "Service", "status")] = ServiceRules.CheckStatus,
        [("apps", "DaemonSet", "status")] = StatusRules.CheckDaemonSet,
        [("apps", "Deployment", "status")] = StatusRules.CheckDeployment,
        [("apps", "ReplicaSet", "status")] = StatusRules.CheckReplicaSet,
        [("apps", "StatefulSet", "status")] = StatusRules.CheckStatefulSet,
        [("autoscaling", "HorizontalPodAutoscaler", "status")] = StatusRules.CheckAutoscaler,
        [("batch", "Job", "status")] = JobStatusRules.Check,
        [("flowcontrol.apiserver.k8s.io", "FlowSchema", "status")] = StatusRules.CheckConditionTypes,
        [("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", "status")] = StatusRules.CheckConditionTypes,
        [("networking.k8s.io", "Ingress", "status")] = IngressRules.CheckStatus,
        [("policy", "PodDisruptionBudget", "status")] = StatusRules.CheckBudget,
        [("storage.k8s.io", "VolumeAttachment", "status")] = VolumeAttachmentRules.Check,
    }.ToFrozenDictionary();

    /// <summary>Nothing beyond types and metadata.</summary>
    private static void None(FieldScope obj, JsonObject? old)
    {
    }
}
