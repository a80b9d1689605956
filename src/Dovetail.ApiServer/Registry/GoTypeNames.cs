using System.Collections.Frozen;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>How Go names the types of fields (<c>int32</c>, <c>[]v1.Container</c>, <c>map[string]string</c>, <c>v1.PullPolicy</c>), as its decoders do in their errors.</summary>
internal static class GoTypeNames
{
    /// <summary>The fields whose types have names of their own, by type: that a text is a <c>PullPolicy</c> is in no schema.</summary>
    private const string Named = """
        []types.UID: batch.v1.UncountedTerminatedPods.failed batch.v1.UncountedTerminatedPods.succeeded
        []v1.Capability: core.v1.Capabilities.add core.v1.Capabilities.drop
        []v1.FinalizerName: core.v1.NamespaceSpec.finalizers
        []v1.IPFamily: core.v1.ServiceSpec.ipFamilies
        []v1.KeyUsage: certificates.v1.CertificateSigningRequestSpec.usages
        []v1.OperationType: admissionregistration.v1.NamedRuleWithOperations.operations admissionregistration.v1.RuleWithOperations.operations
        []v1.PersistentVolumeAccessMode: core.v1.PersistentVolumeClaimSpec.accessModes core.v1.PersistentVolumeClaimStatus.accessModes
        []v1.PersistentVolumeAccessMode: core.v1.PersistentVolumeSpec.accessModes
        []v1.PolicyType: networking.v1.NetworkPolicySpec.policyTypes
        []v1.ResourceQuotaScope: core.v1.ResourceQuotaSpec.scopes
        []v1.UniqueVolumeName: core.v1.NodeStatus.volumesInUse
        []v1.ValidationAction: admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec.validationActions
        []v1.VolumeLifecycleMode: storage.v1.CSIDriverSpec.volumeLifecycleModes
        map[string]v1.ExtraValue: authentication.v1.UserInfo.extra authorization.v1.SubjectAccessReviewSpec.extra certificates.v1.CertificateSigningRequestSpec.extra
        map[v1.QualifiedName]resource.Quantity: resource.v1.CapacityRequirements.requests resource.v1.DeviceRequestAllocationResult.consumedCapacity
        map[v1.QualifiedName]v1.DeviceAttribute: resource.v1.Device.attributes
        map[v1.QualifiedName]v1.DeviceCapacity: resource.v1.Device.capacity
        map[v1.ResourceName]resource.Quantity: core.v1.NodeAllocatableResourceClaimStatus.resources
        map[v1.ResourceName]v1.ClaimResourceStatus: core.v1.PersistentVolumeClaimStatus.allocatedResourceStatuses
        map[v1.ResourceName]v1.NodeAllocatableResourceMapping: resource.v1.Device.nodeAllocatableResourceMappings
        types.UID: apimachinery.pkg.apis.meta.v1.ObjectMeta.uid apimachinery.pkg.apis.meta.v1.OwnerReference.uid apimachinery.pkg.apis.meta.v1.Preconditions.uid
        types.UID: apimachinery.pkg.apis.meta.v1.StatusDetails.uid authentication.v1.BoundObjectReference.uid core.v1.ConfigMapNodeConfigSource.uid
        types.UID: core.v1.ObjectReference.uid resource.v1.DeviceRequestAllocationResult.shareID resource.v1.ResourceClaimConsumerReference.uid
        v1.APIServiceConditionType: kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition.type
        v1.AddressType: discovery.v1.EndpointSlice.addressType
        v1.AllocationConfigSource: resource.v1.DeviceAllocationConfiguration.source
        v1.AppArmorProfileType: core.v1.AppArmorProfile.type
        v1.AzureDataDiskCachingMode: core.v1.AzureDiskVolumeSource.cachingMode
        v1.AzureDataDiskKind: core.v1.AzureDiskVolumeSource.kind
        v1.CauseType: apimachinery.pkg.apis.meta.v1.StatusCause.reason
        v1.CompletionMode: batch.v1.JobSpec.completionMode
        v1.ComponentConditionType: core.v1.ComponentCondition.type
        v1.ConcurrencyPolicy: batch.v1.CronJobSpec.concurrencyPolicy
        v1.ConditionStatus: apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition.status apimachinery.pkg.apis.meta.v1.Condition.status
        v1.ConditionStatus: apps.v1.DaemonSetCondition.status apps.v1.DeploymentCondition.status apps.v1.ReplicaSetCondition.status apps.v1.StatefulSetCondition.status
        v1.ConditionStatus: autoscaling.v2.HorizontalPodAutoscalerCondition.status batch.v1.JobCondition.status batch.v1.PodFailurePolicyOnPodConditionsPattern.status
        v1.ConditionStatus: certificates.v1.CertificateSigningRequestCondition.status core.v1.ComponentCondition.status core.v1.NamespaceCondition.status
        v1.ConditionStatus: core.v1.NodeCondition.status core.v1.PersistentVolumeClaimCondition.status core.v1.PodCondition.status
        v1.ConditionStatus: core.v1.ReplicationControllerCondition.status flowcontrol.v1.FlowSchemaCondition.status
        v1.ConditionStatus: flowcontrol.v1.PriorityLevelConfigurationCondition.status kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition.status
        v1.ContainerRestartPolicy: core.v1.Container.restartPolicy core.v1.EphemeralContainer.restartPolicy core.v1.EphemeralContainerCommon.restartPolicy
        v1.ContainerRestartRuleAction: core.v1.ContainerRestartRule.action
        v1.ContainerRestartRuleOnExitCodesOperator: core.v1.ContainerRestartRuleOnExitCodes.operator
        v1.ConversionStrategyType: apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion.strategy
        v1.CoordinatedLeaseStrategy: coordination.v1.LeaseSpec.strategy
        v1.CustomResourceDefinitionConditionType: apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition.type
        v1.DNSPolicy: core.v1.PodSpec.dnsPolicy
        v1.DaemonSetConditionType: apps.v1.DaemonSetCondition.type
        v1.DaemonSetUpdateStrategyType: apps.v1.DaemonSetUpdateStrategy.type
        v1.DeletionPropagation: apimachinery.pkg.apis.meta.v1.DeleteOptions.propagationPolicy
        v1.DeploymentConditionType: apps.v1.DeploymentCondition.type
        v1.DeploymentStrategyType: apps.v1.DeploymentStrategy.type
        v1.DeviceAllocationMode: resource.v1.DeviceSubRequest.allocationMode resource.v1.ExactDeviceRequest.allocationMode
        v1.DeviceTaintEffect: resource.v1.DeviceTaint.effect resource.v1.DeviceToleration.effect
        v1.DeviceTolerationOperator: resource.v1.DeviceToleration.operator
        v1.FSGroupPolicy: storage.v1.CSIDriverSpec.fsGroupPolicy
        v1.FailurePolicyType: admissionregistration.v1.MutatingAdmissionPolicySpec.failurePolicy admissionregistration.v1.MutatingWebhook.failurePolicy
        v1.FailurePolicyType: admissionregistration.v1.ValidatingAdmissionPolicySpec.failurePolicy admissionregistration.v1.ValidatingWebhook.failurePolicy
        v1.FieldSelectorOperator: apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement.operator
        v1.FieldValueErrorReason: apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule.reason
        v1.FlowDistinguisherMethodType: flowcontrol.v1.FlowDistinguisherMethod.type
        v1.FlowSchemaConditionType: flowcontrol.v1.FlowSchemaCondition.type
        v1.FullyQualifiedName: resource.v1.DeviceConstraint.distinctAttribute resource.v1.DeviceConstraint.matchAttribute
        v1.HostPathType: core.v1.HostPathVolumeSource.type
        v1.IPFamilyPolicy: core.v1.ServiceSpec.ipFamilyPolicy
        v1.JSONSchemaDefinitions: apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps.definitions
        v1.JSONSchemaDependencies: apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps.dependencies
        v1.JSONSchemaURL: apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps.$schema
        v1.JobConditionType: batch.v1.JobCondition.type
        v1.LabelSelectorOperator: apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement.operator
        v1.LimitResponseType: flowcontrol.v1.LimitResponse.type
        v1.LimitType: core.v1.LimitRangeItem.type
        v1.LoadBalancerIPMode: core.v1.LoadBalancerIngress.ipMode
        v1.ManagedFieldsOperationType: apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry.operation
        v1.MatchPolicyType: admissionregistration.v1.MatchResources.matchPolicy admissionregistration.v1.MutatingWebhook.matchPolicy
        v1.MatchPolicyType: admissionregistration.v1.ValidatingWebhook.matchPolicy
        v1.MountPropagationMode: core.v1.VolumeMount.mountPropagation
        v1.NamespaceConditionType: core.v1.NamespaceCondition.type
        v1.NamespacePhase: core.v1.NamespaceStatus.phase
        v1.NodeAddressType: core.v1.NodeAddress.type
        v1.NodeConditionType: core.v1.NodeCondition.type
        v1.NodeInclusionPolicy: core.v1.TopologySpreadConstraint.nodeAffinityPolicy core.v1.TopologySpreadConstraint.nodeTaintsPolicy
        v1.NodePhase: core.v1.NodeStatus.phase
        v1.NodeSelectorOperator: core.v1.NodeSelectorRequirement.operator
        v1.OSName: core.v1.PodOS.name
        v1.ParameterNotFoundActionType: admissionregistration.v1.ParamRef.parameterNotFoundAction
        v1.PatchType: admissionregistration.v1.Mutation.patchType
        v1.PathType: networking.v1.HTTPIngressPath.pathType
        v1.PersistentVolumeClaimConditionType: core.v1.PersistentVolumeClaimCondition.type
        v1.PersistentVolumeClaimModifyVolumeStatus: core.v1.ModifyVolumeStatus.status
        v1.PersistentVolumeClaimPhase: core.v1.PersistentVolumeClaimStatus.phase
        v1.PersistentVolumeClaimRetentionPolicyType: apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted
        v1.PersistentVolumeClaimRetentionPolicyType: apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled
        v1.PersistentVolumeMode: core.v1.PersistentVolumeClaimSpec.volumeMode core.v1.PersistentVolumeSpec.volumeMode
        v1.PersistentVolumePhase: core.v1.PersistentVolumeStatus.phase
        v1.PersistentVolumeReclaimPolicy: core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy storage.v1.StorageClass.reclaimPolicy
        v1.PodConditionType: batch.v1.PodFailurePolicyOnPodConditionsPattern.type core.v1.PodCondition.type core.v1.PodReadinessGate.conditionType
        v1.PodFSGroupChangePolicy: core.v1.PodSecurityContext.fsGroupChangePolicy
        v1.PodFailurePolicyAction: batch.v1.PodFailurePolicyRule.action
        v1.PodFailurePolicyOnExitCodesOperator: batch.v1.PodFailurePolicyOnExitCodesRequirement.operator
        v1.PodManagementPolicyType: apps.v1.StatefulSetSpec.podManagementPolicy
        v1.PodPhase: core.v1.PodStatus.phase
        v1.PodQOSClass: core.v1.PodStatus.qosClass
        v1.PodReplacementPolicy: batch.v1.JobSpec.podReplacementPolicy
        v1.PodResizeStatus: core.v1.PodStatus.resize
        v1.PodSELinuxChangePolicy: core.v1.PodSecurityContext.seLinuxChangePolicy
        v1.PreemptionPolicy: core.v1.PodSpec.preemptionPolicy scheduling.v1.PriorityClass.preemptionPolicy
        v1.PriorityLevelConfigurationConditionType: flowcontrol.v1.PriorityLevelConfigurationCondition.type
        v1.PriorityLevelEnablement: flowcontrol.v1.PriorityLevelConfigurationSpec.type
        v1.ProcMountType: core.v1.SecurityContext.procMount
        v1.Protocol: core.v1.ContainerPort.protocol core.v1.EndpointPort.protocol core.v1.PortStatus.protocol core.v1.ServicePort.protocol
        v1.Protocol: discovery.v1.EndpointPort.protocol networking.v1.IngressPortStatus.protocol networking.v1.NetworkPolicyPort.protocol
        v1.PullPolicy: core.v1.Container.imagePullPolicy core.v1.EphemeralContainer.imagePullPolicy core.v1.EphemeralContainerCommon.imagePullPolicy
        v1.PullPolicy: core.v1.ImageVolumeSource.pullPolicy
        v1.QualifiedName: resource.v1.NodeAllocatableResourceMapping.capacityKey
        v1.RecursiveReadOnlyMode: core.v1.VolumeMount.recursiveReadOnly core.v1.VolumeMountStatus.recursiveReadOnly
        v1.ReinvocationPolicyType: admissionregistration.v1.MutatingAdmissionPolicySpec.reinvocationPolicy admissionregistration.v1.MutatingWebhook.reinvocationPolicy
        v1.ReplicaSetConditionType: apps.v1.ReplicaSetCondition.type
        v1.ReplicationControllerConditionType: core.v1.ReplicationControllerCondition.type
        v1.RequestConditionType: certificates.v1.CertificateSigningRequestCondition.type
        v1.ResourceHealthStatus: core.v1.ResourceHealth.health
        v1.ResourceID: core.v1.ResourceHealth.resourceID
        v1.ResourceList: core.v1.ContainerStatus.allocatedResources core.v1.LimitRangeItem.default core.v1.LimitRangeItem.defaultRequest core.v1.LimitRangeItem.max
        v1.ResourceList: core.v1.LimitRangeItem.maxLimitRequestRatio core.v1.LimitRangeItem.min core.v1.NodeStatus.allocatable core.v1.NodeStatus.capacity
        v1.ResourceList: core.v1.PersistentVolumeClaimStatus.allocatedResources core.v1.PersistentVolumeClaimStatus.capacity core.v1.PersistentVolumeSpec.capacity
        v1.ResourceList: core.v1.PodSpec.overhead core.v1.PodStatus.allocatedResources core.v1.ResourceQuotaSpec.hard core.v1.ResourceQuotaStatus.hard
        v1.ResourceList: core.v1.ResourceQuotaStatus.used core.v1.ResourceRequirements.limits core.v1.ResourceRequirements.requests
        v1.ResourceList: core.v1.VolumeResourceRequirements.limits core.v1.VolumeResourceRequirements.requests node.v1.Overhead.podFixed
        v1.ResourceName: autoscaling.v2.ContainerResourceMetricSource.name autoscaling.v2.ContainerResourceMetricStatus.name autoscaling.v2.ResourceMetricSource.name
        v1.ResourceName: autoscaling.v2.ResourceMetricStatus.name core.v1.ContainerResizePolicy.resourceName core.v1.ResourceStatus.name
        v1.ResourceQuotaScope: core.v1.ScopedResourceSelectorRequirement.scopeName
        v1.ResourceResizeRestartPolicy: core.v1.ContainerResizePolicy.restartPolicy
        v1.ResourceScope: apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec.scope
        v1.ResourceVersionMatch: apimachinery.pkg.apis.meta.v1.ListOptions.resourceVersionMatch
        v1.RestartPolicy: core.v1.PodSpec.restartPolicy
        v1.ScopeSelectorOperator: core.v1.ScopedResourceSelectorRequirement.operator
        v1.ScopeType: admissionregistration.v1.Rule.scope
        v1.SeccompProfileType: core.v1.SeccompProfile.type
        v1.SecretType: core.v1.Secret.type
        v1.ServiceAffinity: core.v1.ServiceSpec.sessionAffinity
        v1.ServiceExternalTrafficPolicy: core.v1.ServiceSpec.externalTrafficPolicy
        v1.ServiceInternalTrafficPolicy: core.v1.ServiceSpec.internalTrafficPolicy
        v1.ServiceType: core.v1.ServiceSpec.type
        v1.SideEffectClass: admissionregistration.v1.MutatingWebhook.sideEffects admissionregistration.v1.ValidatingWebhook.sideEffects
        v1.Signal: core.v1.ContainerStatus.stopSignal core.v1.Lifecycle.stopSignal
        v1.StatefulSetConditionType: apps.v1.StatefulSetCondition.type
        v1.StatefulSetUpdateStrategyType: apps.v1.StatefulSetUpdateStrategy.type
        v1.StatusReason: admissionregistration.v1.Validation.reason apimachinery.pkg.apis.meta.v1.Status.reason
        v1.StorageMedium: core.v1.EmptyDirVolumeSource.medium
        v1.SubjectKind: flowcontrol.v1.Subject.kind
        v1.SupplementalGroupsPolicy: core.v1.PodSecurityContext.supplementalGroupsPolicy
        v1.TaintEffect: core.v1.Taint.effect core.v1.Toleration.effect
        v1.TerminationMessagePolicy: core.v1.Container.terminationMessagePolicy core.v1.EphemeralContainer.terminationMessagePolicy
        v1.TerminationMessagePolicy: core.v1.EphemeralContainerCommon.terminationMessagePolicy
        v1.TolerationOperator: core.v1.Toleration.operator
        v1.URIScheme: core.v1.HTTPGetAction.scheme
        v1.UnhealthyPodEvictionPolicyType: policy.v1.PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy
        v1.UniqueVolumeName: core.v1.AttachedVolume.name
        v1.UnsatisfiableConstraintAction: core.v1.TopologySpreadConstraint.whenUnsatisfiable
        v1.ValidationRules: apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps.x-kubernetes-validations
        v1.Verbs: apimachinery.pkg.apis.meta.v1.APIResource.verbs
        v1.VolumeBindingMode: storage.v1.StorageClass.volumeBindingMode
        v2.HPAScalingPolicyType: autoscaling.v2.HPAScalingPolicy.type
        v2.HorizontalPodAutoscalerConditionType: autoscaling.v2.HorizontalPodAutoscalerCondition.type
        v2.MetricSourceType: autoscaling.v2.MetricSpec.type autoscaling.v2.MetricStatus.type
        v2.MetricTargetType: autoscaling.v2.MetricTarget.type
        v2.ScalingPolicySelect: autoscaling.v2.HPAScalingRules.selectPolicy
        """;

    /// <summary>Go structs that are embedded in others: their fields stand among the others', but an error names the struct on the way. By definition: the path of embedded structs and its fields.</summary>
    private const string EmbeddedStructs = """
        admissionregistration.v1.NamedRuleWithOperations RuleWithOperations operations
        admissionregistration.v1.NamedRuleWithOperations RuleWithOperations.Rule apiGroups apiVersions resources scope
        admissionregistration.v1.RuleWithOperations Rule apiGroups apiVersions resources scope
        core.v1.ConfigMapEnvSource LocalObjectReference name
        core.v1.ConfigMapKeySelector LocalObjectReference name
        core.v1.ConfigMapProjection LocalObjectReference name
        core.v1.ConfigMapVolumeSource LocalObjectReference name
        core.v1.EphemeralContainer EphemeralContainerCommon * targetContainerName
        core.v1.PersistentVolumeSpec PersistentVolumeSource * accessModes capacity claimRef mountOptions nodeAffinity persistentVolumeReclaimPolicy storageClassName volumeAttributesClassName volumeMode
        core.v1.Probe ProbeHandler exec grpc httpGet tcpSocket
        core.v1.SecretEnvSource LocalObjectReference name
        core.v1.SecretKeySelector LocalObjectReference name
        core.v1.SecretProjection LocalObjectReference name
        core.v1.Volume VolumeSource * name
        networking.v1.IngressRule IngressRuleValue http
        resource.v1.DeviceAllocationConfiguration DeviceConfiguration opaque
        resource.v1.DeviceClaimConfiguration DeviceConfiguration opaque
        resource.v1.DeviceClassConfiguration DeviceConfiguration opaque
        """;

    private static readonly FrozenDictionary<string, string> ByField = Lines(Named)
        .Select(static line => line.Split(": "))
        .SelectMany(static parts => parts[1].Split(' ').Select(field => KeyValuePair.Create(field, parts[0])))
        .ToFrozenDictionary();

    private static readonly ILookup<string, EmbeddedStruct> Embedded = Lines(EmbeddedStructs).Select(static line => EmbeddedStruct.Parse(line.Split(' '))).ToLookup(static e => e.Definition);

    /// <summary>The type of a field of a struct.</summary>
    public static string OfField(Schema parent, string name, Schema field) => ByField.GetValueOrDefault($"{Short(parent.DefinitionName)}.{name}") ?? Of(field);

    /// <summary>The type of a value.</summary>
    public static string Of(Schema schema) => schema switch
    {
        { Items: { } items } => $"[]{Of(items)}",
        { AdditionalProperties: { } values, DefinitionName: "" } => $"map[string]{Of(values)}",
        { DefinitionName.Length: > 0 } => string.Join('.', schema.DefinitionName.Split('.')[^2..]),
        { Type: SchemaType.Boolean } => "bool",
        { Type: SchemaType.Integer } => schema.Format is "int32" or "uint8" ? schema.Format : "int64",
        { Type: SchemaType.Number } => "float64",
        { Format: "byte" } => "[]uint8",
        _ => "string",
    };

    /// <summary>The name of a struct, without its package.</summary>
    public static string OfStruct(Schema schema) => schema.DefinitionName[(schema.DefinitionName.LastIndexOf('.') + 1)..];

    /// <summary>The embedded structs between a struct and one of its fields, outermost first.</summary>
    public static IReadOnlyList<string> Between(Schema parent, string field) => Embedded[Short(parent.DefinitionName)].FirstOrDefault(e => e.Has(field))?.Path ?? [];

    private static string Short(string definition) =>
        definition.StartsWith("io.k8s.api.", StringComparison.Ordinal) ? definition["io.k8s.api.".Length..] : definition.StartsWith("io.k8s.", StringComparison.Ordinal) ? definition["io.k8s.".Length..] : definition;

    private static string[] Lines(string table) => table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <param name="Definition">The struct around it.</param>
    /// <param name="Path">Its name, behind those of the structs that it is embedded through.</param>
    /// <param name="Fields">Its fields; the others' when <paramref name="Others"/>.</param>
    private sealed record EmbeddedStruct(string Definition, string[] Path, string[] Fields, bool Others)
    {
        public bool Has(string field) => Fields.Contains(field) != Others;

        /// <summary>A definition, a path, and fields; a star before them: all but these.</summary>
        public static EmbeddedStruct Parse(string[] words) => words[2] == "*" ? new(words[0], words[1].Split('.'), words[3..], true) : new(words[0], words[1].Split('.'), words[2..], false);
    }
}
