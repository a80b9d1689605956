using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn.Validation;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>What is allowed and yet doubtful about a valid object, in upstream's words (<c>pkg/api/*/warnings.go</c>, the strategies' <c>WarningsOnCreate</c> and <c>WarningsOnUpdate</c>).</summary>
public static class BuiltInWarnings
{
    private delegate void Rule(FieldScope obj, ICollection<string> warnings);

    private static readonly FrozenDictionary<(string Group, string Kind), Rule> ByKind = new Dictionary<(string, string), Rule>
    {
        [("", "Endpoints")] = ServiceWarnings.Endpoints,
        [("", "Node")] = NodeWarnings.Node,
        [("", "PersistentVolume")] = VolumeWarnings.PersistentVolume,
        [("", "PersistentVolumeClaim")] = VolumeWarnings.Claim,
        [("", "Pod")] = static (pod, warnings) => Named(pod, "the Pod's hostname", warnings, PodWarnings.Add),
        [("", "PodTemplate")] = static (obj, warnings) => PodWarnings.Add(obj.Part("template"), warnings),
        [("", "ReplicationController")] = NamedWorkload,
        [("", "ResourceQuota")] = QuotaWarnings.ResourceQuota,
        [("", "Service")] = ServiceWarnings.Service,
        [("apps", "DaemonSet")] = Template,
        [("apps", "Deployment")] = NamedWorkload,
        [("apps", "ReplicaSet")] = NamedWorkload,
        [("apps", "StatefulSet")] = StatefulSet,
        [("batch", "CronJob")] = static (obj, warnings) => Named(obj, "Pod names and hostnames", warnings, static (o, w) => PodWarnings.Add(o.Part("spec").Part("jobTemplate").Part("spec").Part("template"), w)),
        [("batch", "Job")] = NamedWorkload,
        [("discovery.k8s.io", "EndpointSlice")] = ServiceWarnings.EndpointSlice,
        [("networking.k8s.io", "Ingress")] = ServiceWarnings.Ingress,
        [("networking.k8s.io", "NetworkPolicy")] = ServiceWarnings.NetworkPolicy,
        [("node.k8s.io", "RuntimeClass")] = NodeWarnings.RuntimeClass,
        [("resource.k8s.io", "ResourceSlice")] = NodeWarnings.ResourceSlice,
        [("storage.k8s.io", "CSIDriver")] = VolumeWarnings.CsiDriver,
        [("storage.k8s.io", "StorageClass")] = VolumeWarnings.StorageClass,
    }.ToFrozenDictionary();

    /// <summary>Adds the warnings of a new object.</summary>
    public static void OnCreate(BuiltInResource resource, JsonObject obj, ICollection<string> warnings)
    {
        if (ByKind.TryGetValue((resource.Group, resource.Kind), out var rule))
            rule(new(obj, "", []), warnings);
    }

    /// <summary>Adds the warnings of a changed object. Pods are written too often for it, and workloads only when what they ask for changes.</summary>
    public static void OnUpdate(BuiltInResource resource, JsonObject obj, JsonObject old, ICollection<string> warnings)
    {
        if (resource.Kind == "Pod" || resource.Group is "apps" or "batch" || resource.Kind is "ReplicationController" or "PodTemplate")
        {
            if (resource.Kind == "Pod" || JsonNode.DeepEquals(obj.Child("metadata")?["generation"], old.Child("metadata")?["generation"]))
                return;
            var template = new FieldScope(obj, "", []);
            PodWarnings.Add(resource.Kind switch
            {
                "PodTemplate" => template.Part("template"),
                "CronJob" => template.Part("spec").Part("jobTemplate").Part("spec").Part("template"),
                _ => template.Part("spec").Part("template"),
            }, warnings);
            return;
        }
        if (resource.Kind is not "ResourceQuota")
            OnCreate(resource, obj, warnings);
    }

    private static void NamedWorkload(FieldScope obj, ICollection<string> warnings) => Named(obj, "Pod names and hostnames", warnings, Template);

    private static void Template(FieldScope obj, ICollection<string> warnings) => PodWarnings.Add(obj.Part("spec").Part("template"), warnings);

    private static void StatefulSet(FieldScope obj, ICollection<string> warnings)
    {
        Template(obj, warnings);
        foreach (var claim in obj.Part("spec").Each("volumeClaimTemplates"))
            VolumeWarnings.Fractions(new(claim.Part("spec").Object, claim.Path, []), warnings);
        if (obj.Part("spec").Number("revisionHistoryLimit") < 0)
            warnings.Add("spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended");
    }

    private static void Named(FieldScope obj, string use, ICollection<string> warnings, Rule rest)
    {
        if (Names.DnsLabel(obj.Part("metadata").Text("name")) is { } wrong)
            warnings.Add($"metadata.name: this is used in {use}, which can result in surprising behavior; a DNS label is recommended: [{wrong}]");
        rest(obj, warnings);
    }
}
