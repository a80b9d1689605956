using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace Dovetail.Cli.Export;

/// <summary>An object without what only its own cluster knows, so that another one takes it. Pure.</summary>
internal static class PortableObject
{
    private static readonly string[] ServerMetadata =
        ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences"];

    private static readonly FrozenSet<string> ClusterAnnotations = FrozenSet.Create(
        "kubectl.kubernetes.io/last-applied-configuration",
        "deployment.kubernetes.io/revision",
        "pv.kubernetes.io/bind-completed",
        "pv.kubernetes.io/bound-by-controller",
        "volume.kubernetes.io/selected-node",
        "volume.kubernetes.io/storage-provisioner",
        "volume.beta.kubernetes.io/storage-provisioner");

    /// <summary>Fields of a kind that the other cluster gives anew.</summary>
    private static readonly FrozenDictionary<string, string[]> ClusterFields = new Dictionary<string, string[]>
    {
        ["Namespace"] = ["spec"],
        ["Service"] = ["spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy", "spec.healthCheckNodePort", "spec.ports.*.nodePort"],
        ["Pod"] = ["spec.nodeName", "spec.serviceAccount", "spec.priority", "spec.preemptionPolicy", "spec.overhead"],
        ["PersistentVolumeClaim"] = ["spec.volumeName"],
        ["PersistentVolume"] = ["spec.claimRef.uid", "spec.claimRef.resourceVersion"],
        ["ServiceAccount"] = ["secrets"],
    }.ToFrozenDictionary();

    /// <summary>Takes them out of <paramref name="obj"/>, in place.</summary>
    public static JsonObject Make(JsonObject obj)
    {
        obj.Remove("status");
        var kind = obj["kind"]?.ToString() ?? "";
        if (obj["metadata"] is JsonObject metadata) CleanMetadata(metadata, kind);
        foreach (var path in ClusterFields.GetValueOrDefault(kind) ?? []) Remove(obj, path.Split('.'));
        if (obj["spec"] is not JsonObject spec) return obj;
        if (kind == "Service" && spec["clusterIP"]?.ToString() is not "None") spec.Remove("clusterIP");
        if (kind == "Pod") CleanPod(spec);
        if (kind == "Job" && spec["manualSelector"]?.GetValue<bool>() != true) CleanJob(spec);
        return obj;
    }

    private static void CleanMetadata(JsonObject metadata, string kind)
    {
        foreach (var name in ServerMetadata) metadata.Remove(name);
        Prune(metadata, "annotations", ClusterAnnotations.Contains);
        if (kind == "Namespace") Prune(metadata, "labels", name => name == "kubernetes.io/metadata.name");
        if (metadata["finalizers"] is not JsonArray finalizers) return;
        // Those of controllers come back with them; where there is no such controller, nobody would take them away.
        string[] kept = [.. finalizers.Select(one => one!.ToString()).Where(one => one is not ("orphan" or "foregroundDeletion") && !IsOfController(one))];
        if (kept.Length == 0) metadata.Remove("finalizers");
        else metadata["finalizers"] = new JsonArray([.. kept.Select(one => JsonValue.Create(one))]);
    }

    private static bool IsOfController(string finalizer)
    {
        var slash = finalizer.IndexOf('/', StringComparison.Ordinal);
        var domain = slash < 0 ? finalizer : finalizer[..slash];
        return domain.EndsWith("k8s.io", StringComparison.Ordinal) || domain.EndsWith("kubernetes.io", StringComparison.Ordinal) || domain.EndsWith("kubevirt.io", StringComparison.Ordinal) || slash < 0;
    }

    /// <summary>The token of the pod's service account is mounted anew where the pod is created.</summary>
    private static void CleanPod(JsonObject spec)
    {
        Drop(spec, "volumes", volume => volume["name"]?.ToString().StartsWith("kube-api-access-", StringComparison.Ordinal) == true);
        foreach (var list in new[] { "containers", "initContainers", "ephemeralContainers" })
            foreach (var container in (spec[list] as JsonArray ?? []).OfType<JsonObject>())
                Drop(container, "volumeMounts", mount => mount["name"]?.ToString().StartsWith("kube-api-access-", StringComparison.Ordinal) == true);
        spec.Remove("ephemeralContainers");
    }

    /// <summary>Selector and labels that carry the job's uid.</summary>
    private static void CleanJob(JsonObject spec)
    {
        spec.Remove("selector");
        if (spec["template"]?["metadata"] is JsonObject template)
            Prune(template, "labels", name => name is "controller-uid" or "batch.kubernetes.io/controller-uid" or "job-name" or "batch.kubernetes.io/job-name");
    }

    private static void Prune(JsonObject parent, string map, Func<string, bool> goes)
    {
        if (parent[map] is not JsonObject entries) return;
        foreach (var name in entries.Select(p => p.Key).Where(goes).ToArray()) entries.Remove(name);
        if (entries.Count == 0) parent.Remove(map);
    }

    private static void Drop(JsonObject parent, string list, Func<JsonObject, bool> goes)
    {
        if (parent[list] is not JsonArray items) return;
        foreach (var item in items.OfType<JsonObject>().Where(goes).ToArray()) items.Remove(item);
        if (items.Count == 0) parent.Remove(list);
    }

    private static void Remove(JsonNode? node, ReadOnlySpan<string> path)
    {
        if (path[0] == "*")
        {
            foreach (var item in node as JsonArray ?? []) Remove(item, path[1..]);
            return;
        }

        if (node is not JsonObject obj) return;
        if (path.Length == 1) obj.Remove(path[0]);
        else Remove(obj[path[0]], path[1..]);
    }
}
