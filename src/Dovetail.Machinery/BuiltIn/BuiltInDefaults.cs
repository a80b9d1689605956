using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Defaults that Kubernetes computes in code (<c>pkg/apis/*/v1/defaults.go</c>), beyond what a schema can say. Runs after the schema's defaults, on create and update.</summary>
public static class BuiltInDefaults
{
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
                if (obj.Child("status") is { } node && node["allocatable"] is null && node["capacity"] is { } capacity)
                    node["allocatable"] = capacity.DeepClone();
                break;
            case ("", "Service"):
                if (obj.Child("spec") is { } service)
                    Service(service);
                break;
            case ("", "PersistentVolumeClaim"):
                obj.Child("spec")?.Default("volumeMode", "Filesystem");
                break;
            case ("", "PersistentVolume"):
                obj.Child("spec")?.Default("persistentVolumeReclaimPolicy", "Retain");
                obj.Child("spec")?.Default("volumeMode", "Filesystem");
                break;
            case ("apps", _) or ("batch", _):
                if (obj.Child("spec") is { } workload)
                    WorkloadDefaults.Apply(resource.Kind, workload);
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
            case ("discovery.k8s.io", "EndpointSlice"):
                foreach (var port in obj.Objects("ports"))
                    port.Default("protocol", "TCP");
                break;
        }
    }

    private static void Service(JsonObject spec)
    {
        spec.Default("sessionAffinity", "None");
        spec.Default("type", "ClusterIP");
        if (spec.Text("sessionAffinity") == "ClientIP")
            spec.Made("sessionAffinityConfig").Made("clientIP").Default("timeoutSeconds", 10800);
        foreach (var port in spec.Objects("ports"))
        {
            port.Default("protocol", "TCP");
            if (port["targetPort"] is null && port["port"] is { } number)
                port["targetPort"] = number.DeepClone();
        }
        if (spec.Text("type") is "NodePort" or "LoadBalancer")
            spec.Default("externalTrafficPolicy", "Cluster");
        if (spec.Text("type") == "LoadBalancer")
            spec.Default("allocateLoadBalancerNodePorts", true);
        if (spec.Text("type") != "ExternalName")
            spec.Default("internalTrafficPolicy", "Cluster");
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
