using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Store;

namespace Dovetail.ApiServer.Security.Nodes;

/// <summary>What a pod, or a VirtualMachineInstance, draws its node to: names in its own namespace.</summary>
internal sealed class NodeReferences
{
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";
    private static readonly ConditionalWeakTable<StoredObject, NodeReferences> Known = [];

    private NodeReferences(StoredObject stored)
    {
        var tree = StoredJson.Tree(stored.Bytes);
        var spec = tree.Child("spec") ?? [];
        NodeName = stored.Key.Resource == "pods" ? spec.Text("nodeName") : tree.Child("status")?.Text("nodeName") ?? "";
        // What a node says of its own static pods gives it nothing.
        if (tree.Metadata().Child("annotations")?.ContainsKey(MirrorAnnotation) == true) return;
        ServiceAccount = spec.Text("serviceAccountName");
        Collect(spec);
        foreach (var claim in (tree.Child("status")?["resourceClaimStatuses"] as JsonArray ?? []).OfType<JsonObject>()) ResourceClaims.Add(claim.Text("resourceClaimName"));
        foreach (var volume in (spec["volumes"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (volume.ContainsKey("ephemeral")) Claims.Add($"{stored.Key.Name}-{volume.Text("name")}");
        }
    }

    /// <summary>"" when it is on no node.</summary>
    public string NodeName { get; } = "";

    public string ServiceAccount { get; } = "";

    public HashSet<string> Secrets { get; } = new(StringComparer.Ordinal);

    public HashSet<string> ConfigMaps { get; } = new(StringComparer.Ordinal);

    /// <summary>PersistentVolumeClaims.</summary>
    public HashSet<string> Claims { get; } = new(StringComparer.Ordinal);

    public HashSet<string> ResourceClaims { get; } = new(StringComparer.Ordinal);

    public static NodeReferences Of(StoredObject stored) => Known.GetValue(stored, static s => new(s));

    private NodeReferences(JsonObject spec)
    {
        ServiceAccount = spec.Text("serviceAccountName");
        Collect(spec);
    }

    /// <summary>The first kind of object, in upstream's order, that a pod refers to, or null.</summary>
    public static string? FirstIn(JsonObject pod)
    {
        var references = new NodeReferences(pod.Child("spec") ?? []);
        if (references.ServiceAccount.Length > 0) return "serviceaccounts";
        if (references.Secrets.Count > 0) return "secrets";
        if (references.ConfigMaps.Count > 0) return "configmaps";
        if (references.ResourceClaims.Count > 0) return "resourceclaims";
        return references.Claims.Count > 0 ? "persistentvolumeclaims" : null;
    }

    private void Collect(JsonObject spec)
    {
        foreach (var (name, value) in spec) Collect(name, value);
    }

    /// <summary>Names of secrets in a part of an object, by the names that such fields have in all of Kubernetes' and KubeVirt's types.</summary>
    private void Collect(string field, JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) Collect(field, item);
            return;
        }

        if (node is not JsonObject obj) return;
        switch (field)
        {
            case "secret" or "secretRef" or "secretKeyRef" or "imagePullSecrets" or "networkDataSecretRef" or "nodePublishSecretRef" or "azureFile":
                Add(Secrets, obj.Text("secretName"));
                if (field != "azureFile") Add(Secrets, obj.Text("name"));
                break;
            case "configMap" or "configMapRef" or "configMapKeyRef":
                Add(ConfigMaps, obj.Text("name"));
                break;
            case "persistentVolumeClaim":
                Add(Claims, obj.Text("claimName"));
                break;
            case "resourceClaims":
                Add(ResourceClaims, obj.Text("resourceClaimName"));
                break;
            default:
                break;
        }

        foreach (var (name, value) in obj) Collect(name, value);
    }

    private static void Add(HashSet<string> names, string name)
    {
        if (name.Length > 0) names.Add(name);
    }
}
