using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn.Defaults;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Defaults that Kubernetes computes in code (<c>pkg/apis/*/v1/defaults.go</c>), beyond what a schema can say. Runs after the schema's defaults, on create and update.</summary>
public static class BuiltInDefaults
{
    private static readonly FrozenDictionary<(string Group, string Kind), Action<JsonObject>> ByKind = new Dictionary<(string, string), Action<JsonObject>>
    {
        [("", "Endpoints")] = CoreDefaults.Endpoints,
        [("", "LimitRange")] = CoreDefaults.LimitRange,
        [("", "Namespace")] = static space => space.Made("status").Default("phase", "Active"),
        [("", "Node")] = CoreDefaults.Node,
        [("", "PersistentVolume")] = CoreDefaults.PersistentVolume,
        [("", "PersistentVolumeClaim")] = CoreDefaults.PersistentVolumeClaim,
        [("", "Pod")] = OfSpec(PodDefaults.ApplyPod),
        [("", "PodTemplate")] = PodDefaults.ApplyTemplate,
        [("", "ReplicationController")] = Workload("ReplicationController"),
        [("", "Secret")] = static secret => secret.Default("type", "Opaque"),
        [("", "Service")] = static service => OfSpec(spec => ServiceDefaults.Apply(service, spec))(service),
        [("", "ServiceAccount")] = CoreDefaults.ServiceAccount,
        [("admissionregistration.k8s.io", "MutatingWebhookConfiguration")] = AdmissionRegistrationDefaults.MutatingWebhooks,
        [("admissionregistration.k8s.io", "MutatingAdmissionPolicy")] = AdmissionRegistrationDefaults.Policy,
        [("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding")] = AdmissionRegistrationDefaults.Binding,
        [("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")] = AdmissionRegistrationDefaults.Policy,
        [("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding")] = AdmissionRegistrationDefaults.Binding,
        [("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")] = AdmissionRegistrationDefaults.ValidatingWebhooks,
        [("apiregistration.k8s.io", "APIService")] = AdmissionRegistrationDefaults.ApiService,
        [("apps", "DaemonSet")] = Workload("DaemonSet"),
        [("apps", "Deployment")] = Workload("Deployment"),
        [("apps", "ReplicaSet")] = Workload("ReplicaSet"),
        [("apps", "StatefulSet")] = Workload("StatefulSet"),
        [("batch", "CronJob")] = Workload("CronJob"),
        [("batch", "Job")] = Workload("Job"),
        [("coordination.k8s.io", "Lease")] = CoreDefaults.Lease,
        [("discovery.k8s.io", "EndpointSlice")] = NetworkingDefaults.EndpointSlice,
        [("flowcontrol.apiserver.k8s.io", "FlowSchema")] = FlowControlDefaults.FlowSchema,
        [("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration")] = FlowControlDefaults.PriorityLevel,
        [("networking.k8s.io", "IngressClass")] = NetworkingDefaults.IngressClass,
        [("networking.k8s.io", "NetworkPolicy")] = NetworkingDefaults.NetworkPolicy,
        [("rbac.authorization.k8s.io", "ClusterRoleBinding")] = RbacDefaults.Binding,
        [("rbac.authorization.k8s.io", "RoleBinding")] = RbacDefaults.Binding,
        [("resource.k8s.io", "ResourceClaim")] = DeviceDefaults.Claim,
        [("resource.k8s.io", "ResourceClaimTemplate")] = DeviceDefaults.Template,
        [("resource.k8s.io", "ResourceSlice")] = DeviceDefaults.Slice,
        [("scheduling.k8s.io", "PriorityClass")] = static priority => priority.Default("preemptionPolicy", "PreemptLowerPriority"),
        [("storage.k8s.io", "CSIDriver")] = StorageDefaults.CsiDriver,
        [("storage.k8s.io", "StorageClass")] = StorageDefaults.StorageClass,
    }.ToFrozenDictionary();

    private static readonly ConcurrentDictionary<BuiltInResource, JsonNode?> EmptyStatuses = new(ReferenceEqualityComparer.Instance);

    /// <summary>The status of an object of which nothing is known yet, as the server writes it; null when the kind has none.</summary>
    public static JsonNode? EmptyStatus(BuiltInResource resource) => EmptyStatuses.GetOrAdd(resource, static r =>
    {
        var obj = new JsonObject();
        SchemaWalk.Run(r.Schema, obj, SchemaPasses.PruneAndDefault);
        Apply(r, obj);
        TypedForm.Apply(r.Schema, obj);
        return obj["status"];
    })?.DeepClone();

    /// <summary>Edits <paramref name="obj"/> in place. What the schema refused is left alone.</summary>
    public static void Apply(BuiltInResource resource, JsonObject obj)
    {
        if (resource.Group == "autoscaling")
            AutoscalerDefaults.Apply(resource.Version, obj.Made("spec")); // the only kind whose defaults depend on its version
        else if (ByKind.TryGetValue((resource.Group, resource.Kind), out var defaults))
            defaults(obj);
    }

    private static Action<JsonObject> OfSpec(Action<JsonObject> defaults) => obj =>
    {
        if (obj.Child("spec") is { } spec)
            defaults(spec);
    };

    private static Action<JsonObject> Workload(string kind) => obj => OfSpec(spec => WorkloadDefaults.Apply(kind, obj, spec))(obj);
}
