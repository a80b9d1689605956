using System.Text.Json.Nodes;
using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Store;

namespace Dovetail.ApiServer.Security.Nodes;

/// <summary>Upstream's admission plugin NodeRestriction: a node writes its own Node, lease and CSINode, the status of its own pods, and asks for tokens of its own pods alone.</summary>
internal sealed class NodeRestriction(IRevisionStore store) : IAdmissionPlugin
{
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";
    private const string LeaseNamespace = "kube-node-lease";

    public bool Handles(string group, string resource, string subresource, AdmissionOperation operation) => (group, resource) is
        ("", "pods" or "nodes" or "persistentvolumeclaims" or "serviceaccounts") or ("coordination.k8s.io", "leases") or ("storage.k8s.io", "csinodes") or ("resource.k8s.io", "resourceslices");

    public ValueTask<AdmissionResult> MutateAsync(AdmissionRequest request, CancellationToken ct)
    {
        if (NodeAuthorizer.NodeOf(request.Target.User) is not { } node) return new(AdmissionResult.Allowed);
        var problem = node.Length == 0 ? $"could not determine node from user {GoText.Quoted(request.Target.User.Name)}" : Judge(node, request);
        return new(problem is null ? AdmissionResult.Allowed : AdmissionResult.Refused(Refusals.Forbidden(request.Target.Group, request.Target.Resource, NameOf(request), problem).Status));
    }

    public ValueTask<AdmissionResult> ValidateAsync(AdmissionRequest request, CancellationToken ct) => new(AdmissionResult.Allowed);

    private static string NameOf(AdmissionRequest request) => request.Target.Name.Length > 0 ? request.Target.Name : request.Object?.Metadata().Text("name") ?? "";

    private string? Judge(string node, AdmissionRequest request) => (request.Target.Resource, request.Target.Subresource) switch
    {
        ("pods", "") => Pod(node, request),
        ("pods", "status") => PodStatus(node, request),
        ("pods", "eviction") => NodeOfPod(request) == node ? null : $"node {node} can only evict pods with spec.nodeName set to itself",
        ("pods", var other) => $"unexpected pod subresource {GoText.Quoted(other)}, only 'status' and 'eviction' are allowed",
        ("nodes", _) => Node(node, request),
        ("persistentvolumeclaims", "status") => ClaimStatus(node, request),
        ("persistentvolumeclaims", _) => "may only update PVC status",
        ("serviceaccounts", "token") => Token(node, request),
        ("leases", _) => Lease(node, request),
        ("csinodes", _) => NameOf(request) == node ? null : $"can only access CSINode with the same name as the requesting node",
        ("resourceslices", _) => Slice(node, request),
        _ => null,
    };

    private string? Pod(string node, AdmissionRequest request) => request.Operation switch
    {
        AdmissionOperation.Create => MirrorPod(node, request.Object!),
        AdmissionOperation.Delete => request.OldObject?.Child("spec")?.Text("nodeName") == node ? null : $"node {GoText.Quoted(node)} can only delete pods with spec.nodeName set to itself",
        var other => $"unexpected operation {GoText.Quoted(other.ToString().ToUpperInvariant())}, node {GoText.Quoted(node)} can only create and delete mirror pods",
    };

    private string? MirrorPod(string node, JsonObject pod)
    {
        var quoted = GoText.Quoted(node);
        if (pod.Metadata().Child("annotations")?.ContainsKey(MirrorAnnotation) != true) return $"pod does not have \"{MirrorAnnotation}\" annotation, node {quoted} can only create mirror pods";
        if (pod.Child("spec")?.Text("nodeName") != node) return $"node {quoted} can only create pods with spec.nodeName set to itself";
        var owners = (pod.Metadata()["ownerReferences"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        if (owners.Length > 1) return $"node {quoted} can only create pods with a single owner reference set to itself";
        if (owners.Length == 0 || owners[0].Text("apiVersion") != "v1" || owners[0].Text("kind") != "Node" || owners[0].Text("name") != node)
            return $"node {quoted} can only create pods with an owner reference set to itself";
        if (owners[0].Flag("controller") != true) return $"node {quoted} can only create pods with a controller owner reference set to itself";
        if (owners[0].Flag("blockOwnerDeletion") == true) return $"node {quoted} must not set blockOwnerDeletion on an owner reference";
        var own = store.Current.Find(new("nodes", "", node)) ?? throw Refusals.NotFound("", "nodes", node);
        var uid = StoredJson.Text(own.Bytes, ["metadata", "uid"]);
        if (owners[0].Text("uid") != uid) return $"node {node} UID mismatch: expected {owners[0].Text("uid")} got {uid}";
        return NodeReferences.FirstIn(pod) is { } referenced ? $"node {quoted} can not create pods that reference {referenced}" : null;
    }

    private static string? PodStatus(string node, AdmissionRequest request)
    {
        var quoted = GoText.Quoted(node);
        if (request is not { Object: { } pod, OldObject: { } old } || old.Child("spec")?.Text("nodeName") != node) return $"node {quoted} can only update pod status for pods with spec.nodeName set to itself";
        if (!JsonNode.DeepEquals(old.Metadata()["labels"], pod.Metadata()["labels"])) return $"node {quoted} cannot update labels through pod status";
        var (before, now) = (old.Child("status")?["resourceClaimStatuses"], pod.Child("status")?["resourceClaimStatuses"]);
        return JsonNode.DeepEquals(before, now) ? null : $"node {quoted} cannot update resource claim statues";
    }

    private static string? Node(string node, AdmissionRequest request)
    {
        var quoted = GoText.Quoted(node);
        if (NameOf(request) != node) return $"node {quoted} is not allowed to modify node {GoText.Quoted(NameOf(request))}";
        if (request.Object is not { } obj) return null;
        var (spec, before) = (obj.Child("spec") ?? [], request.OldObject?.Child("spec") ?? []);
        if (request.OldObject is not null)
        {
            if (spec["configSource"] is { } source && !JsonNode.DeepEquals(source, before["configSource"])) return $"node {quoted} is not allowed to update configSource to a new non-nil configSource";
            if (!JsonNode.DeepEquals(spec["taints"], before["taints"])) return $"node {quoted} is not allowed to modify taints";
            if (!JsonNode.DeepEquals(obj.Metadata()["ownerReferences"], request.OldObject.Metadata()["ownerReferences"])) return $"node {quoted} is not allowed to modify ownerReferences";
        }
        else if (spec["configSource"] is not null)
        {
            return $"node {quoted} is not allowed to create pods with a non-nil configSource";
        }

        var forbidden = string.Join(", ", NodeLabels.Forbidden(obj.Metadata().Child("labels"), request.OldObject?.Metadata().Child("labels")));
        if (forbidden.Length == 0) return null;
        return request.OldObject is null ? $"node {quoted} is not allowed to set the following labels: {forbidden}" : $"is not allowed to modify labels: {forbidden}";
    }

    private static string? ClaimStatus(string node, AdmissionRequest request)
    {
        return JsonNode.DeepEquals(Rest(request.Object!), Rest(request.OldObject!)) ? null : $"node {GoText.Quoted(node)} is not allowed to update fields other than status.quantity and status.conditions";

        static JsonObject Rest(JsonObject claim)
        {
            var copy = (JsonObject)claim.DeepClone();
            foreach (var field in new[] { "capacity", "conditions", "allocatedResources", "allocatedResourceStatuses" }) copy.Child("status")?.Remove(field);
            if (copy["status"] is JsonObject { Count: 0 }) copy.Remove("status");
            copy.Metadata().Remove("managedFields");
            copy.Metadata().Remove("resourceVersion");
            return copy;
        }
    }

    /// <summary>A node asks only for tokens that die with a pod of its own.</summary>
    private string? Token(string node, AdmissionRequest request)
    {
        var spec = request.Object?.Child("spec") ?? [];
        if (spec.Child("boundObjectRef") is not { } bound || bound.Text("apiVersion") != "v1" || bound.Text("kind") != "Pod" || bound.Text("name").Length == 0)
            return "node requested token not bound to a pod";
        var uid = bound.Text("uid");
        if (uid.Length == 0) return "node requested token with a pod binding without a uid";
        var (ns, name) = (request.Target.Namespace, bound.Text("name"));
        var stored = store.Current.Find(new("pods", ns, name)) ?? throw Refusals.NotFound("", "pods", name);
        var pod = StoredJson.Tree(stored.Bytes);
        if (pod.Metadata().Text("uid") != uid) return $"the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated";
        if (pod.Child("spec")?.Text("nodeName") != node) return "node requested token bound to a pod scheduled on a different node";
        var audiences = spec.Strings("audiences").ToArray();
        if (audiences.Length > 1) return "node may only request 0 or 1 audiences";
        var audience = audiences.FirstOrDefault() ?? "";
        return Projects(pod, audience) ? null : $"audience {GoText.Quoted(audience)} not found in pod spec volume, {request.Target.User.Name} is not authorized to request tokens for this audience";
    }

    private static bool Projects(JsonObject pod, string audience) => (pod.Child("spec")?["volumes"] as JsonArray ?? []).OfType<JsonObject>()
        .SelectMany(v => (v.Child("projected")?["sources"] as JsonArray ?? []).OfType<JsonObject>())
        .Any(s => s.Child("serviceAccountToken") is { } token && token.Text("audience") == audience);

    private static string? Lease(string node, AdmissionRequest request)
    {
        if (request.Target.Namespace != LeaseNamespace) return $"can only access leases in the \"{LeaseNamespace}\" system namespace";
        return NameOf(request) == node ? null : "can only access node lease with the same name as the requesting node";
    }

    private static string? Slice(string node, AdmissionRequest request)
    {
        var slice = request.Object ?? request.OldObject;
        if (request.Operation is AdmissionOperation.Create or AdmissionOperation.Delete && slice?.Child("spec")?.Text("nodeName") != node)
            return request.Operation == AdmissionOperation.Create ? "can only create ResourceSlice with the same NodeName as the requesting node" : "can only delete ResourceSlice with the same NodeName as the requesting node";
        return null;
    }

    private string NodeOfPod(AdmissionRequest request)
    {
        var name = NameOf(request);
        var pod = store.Current.Find(new("pods", request.Target.Namespace, name)) ?? throw Refusals.NotFound("", "pods", name);
        return StoredJson.Text(pod.Bytes, ["spec", "nodeName"]);
    }
}
