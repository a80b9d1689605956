using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn.Defaults;
using Dovetail.Machinery.BuiltIn.Rules;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Defaults that Kubernetes computes in code (<c>pkg/apis/*/v1/defaults.go</c>), beyond what a schema can say. Runs after the schema's defaults, on create and update.</summary>
public static class BuiltInDefaults
{
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
        switch (resource.Group, resource.Kind)
        {
            case ("", "Pod"):
                if (obj.Child("spec") is { } pod)
                    PodDefaults.ApplyPod(pod);
                break;
            case ("", "Secret"):
                obj.Default("type", "Opaque");
                break;
            case ("", "Node"):
                CoreDefaults.Node(obj);
                break;
            case ("", "Service"):
                if (obj.Child("spec") is { } service)
                    ServiceDefaults.Apply(obj, service);
                break;
            case ("", "Endpoints"):
                CoreDefaults.Endpoints(obj);
                break;
            case ("", "LimitRange"):
                CoreDefaults.LimitRange(obj);
                break;
            case ("", "PodTemplate"):
                PodDefaults.ApplyTemplate(obj);
                break;
            case ("", "PersistentVolumeClaim"):
                CoreDefaults.PersistentVolumeClaim(obj);
                break;
            case ("", "PersistentVolume"):
                CoreDefaults.PersistentVolume(obj);
                break;
            case ("apps", not "ControllerRevision") or ("batch", _) or ("", "ReplicationController"):
                if (obj.Child("spec") is { } workload)
                    WorkloadDefaults.Apply(resource.Kind, obj, workload);
                break;
            case ("autoscaling", _):
                AutoscalerDefaults.Apply(resource.Version, obj.Made("spec"));
                break;
            case ("storage.k8s.io", "StorageClass"):
                obj.Default("reclaimPolicy", "Delete");
                obj.Default("volumeBindingMode", "Immediate");
                break;
            case ("scheduling.k8s.io", "PriorityClass"):
                obj.Default("preemptionPolicy", "PreemptLowerPriority");
                break;
            case ("networking.k8s.io", "NetworkPolicy"):
                if (obj.Child("spec") is { } policy)
                    NetworkPolicy(policy);
                break;
            case ("rbac.authorization.k8s.io", "RoleBinding" or "ClusterRoleBinding"):
                Binding(obj);
                break;
            default:
                GroupDefaults.Apply(resource, obj);
                break;
        }
    }

    private static void NetworkPolicy(JsonObject spec)
    {
        if (spec["policyTypes"] is null)
            spec["policyTypes"] = spec["egress"] is JsonArray { Count: > 0 } ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
        foreach (var direction in (ReadOnlySpan<string>)["ingress", "egress"])
        {
            foreach (var rule in spec.Objects(direction))
            {
                foreach (var port in rule.Objects("ports"))
                    port.Default("protocol", "TCP");
            }
        }
    }

    private static void Binding(JsonObject binding)
    {
        const string rbac = "rbac.authorization.k8s.io";
        binding.Child("roleRef")?.Default("apiGroup", rbac);
        foreach (var subject in binding.Objects("subjects"))
        {
            if (subject.Text("kind") is "User" or "Group")
                subject.Default("apiGroup", rbac);
        }
    }
}
