using System.Collections.Immutable;
using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Security.Nodes;

/// <summary>
/// Upstream's Node authorizer: a node sees of secrets, config maps, claims, volumes and service accounts only what pods that are bound to it refer to, and of nodes and pods its own. The rest is
/// ClusterRole <c>system:node</c>. virt-handler speaks as its node, and what a VirtualMachineInstance refers to counts like what a pod does (upstream's virt-handler may read all of it).
/// </summary>
/// <remarks>The graph is not kept but looked up in the namespace asked about: a node has some hundreds of pods, and these questions are rare. So it is never behind.</remarks>
internal sealed class NodeAuthorizer(IRevisionStore store) : IAuthorizer
{
    private const string UserPrefix = "system:node:";
    private const string LeaseNamespace = "kube-node-lease";

    private static readonly ImmutableArray<PolicyRule> NodeRules = BootstrapPolicy.All.RulesOf("system:node");

    /// <summary>The node that a user is, "" for one without a name, null for everybody else.</summary>
    public static string? NodeOf(UserInfo user)
    {
        var named = user.Name.StartsWith(UserPrefix, StringComparison.Ordinal);
        return named && user.Groups.Contains(Groups.Nodes) ? user.Name[UserPrefix.Length..] : null;
    }

    public AccessDecision Decide(AccessRequest request)
    {
        if (NodeOf(request.User) is not { } node) return AccessDecision.NoOpinion();
        if (node.Length == 0) return AccessDecision.NoOpinion($"unknown node for user \"{request.User.Name}\"");
        if (request.Path.Length > 0) return ByRole(request);
        return (request.Group, request.Resource) switch
        {
            ("", "secrets" or "configmaps") => Read(node, request),
            ("", "persistentvolumeclaims") when request.Subresource == "status" => request.Verb is "update" or "patch" ? Related(node, request) : No("can only get/update/patch this type"),
            ("", "persistentvolumeclaims" or "persistentvolumes") or ("resource.k8s.io", "resourceclaims") or ("storage.k8s.io", "volumeattachments") => GetOnly(node, request),
            ("", "serviceaccounts") => ServiceAccount(node, request),
            ("coordination.k8s.io", "leases") => Lease(node, request),
            ("storage.k8s.io", "csinodes") => CsiNode(node, request),
            ("resource.k8s.io", "resourceslices") => ResourceSlice(node, request),
            ("", "nodes") => Node(node, request),
            ("", "pods") => Pod(node, request),
            _ => ByRole(request),
        };
    }

    public AccessRules RulesOf(UserInfo user, string ns) =>
        NodeOf(user) is null ? new([], false, "") : new([], true, "node authorizer does not support user rule resolution");

    private static AccessDecision No(string reason = "") => AccessDecision.NoOpinion(reason);

    private static AccessDecision ByRole(AccessRequest request)
    {
        foreach (var rule in NodeRules)
        {
            if (rule.Allows(request)) return AccessDecision.Allow();
        }

        return No();
    }

    private AccessDecision Read(string node, AccessRequest request)
    {
        if (request.Verb is not ("get" or "list" or "watch")) return No("can only read resources of this type");
        if (request.Subresource.Length > 0) return No("cannot read subresource");
        return request.Namespace.Length == 0 ? No("can only read namespaced object of this type") : Related(node, request);
    }

    private AccessDecision GetOnly(string node, AccessRequest request)
    {
        if (request.Verb != "get") return No("can only get individual resources of this type");
        return request.Subresource.Length > 0 ? No("cannot get subresource") : Related(node, request);
    }

    private AccessDecision ServiceAccount(string node, AccessRequest request)
    {
        if (request is { Verb: "get", Subresource: "" }) return Read(node, request);
        if (request.Verb != "create" || request.Name.Length == 0) return No("can only create tokens for individual service accounts");
        return request.Subresource != "token" ? No("can only create token subresource of serviceaccount") : Related(node, request);
    }

    private static AccessDecision Lease(string node, AccessRequest request)
    {
        if (request.Verb is not ("get" or "create" or "update" or "patch" or "delete")) return No("can only get, create, update, patch, or delete a node lease");
        if (request.Namespace != LeaseNamespace) return No($"can only access leases in the \"{LeaseNamespace}\" system namespace");
        // The name of a lease that is created is looked at by admission.
        return request.Verb != "create" && request.Name != node ? No("can only access node lease with the same name as the requesting node") : AccessDecision.Allow();
    }

    private static AccessDecision CsiNode(string node, AccessRequest request)
    {
        if (request.Verb is not ("get" or "create" or "update" or "patch" or "delete")) return No("can only get, create, update, patch, or delete a CSINode");
        if (request.Subresource.Length > 0) return No("cannot authorize CSINode subresources");
        return request.Verb != "create" && request.Name != node ? No("can only access CSINode with the same name as the requesting node") : AccessDecision.Allow();
    }

    private AccessDecision ResourceSlice(string node, AccessRequest request)
    {
        if (request.Subresource.Length > 0) return No("cannot authorize ResourceSlice subresources");
        return request.Verb switch
        {
            "create" => AccessDecision.Allow(),
            "get" or "update" or "patch" or "delete" => Related(node, request),
            "watch" or "list" or "deletecollection" => Selects(request, "spec.nodeName", node)
                ? AccessDecision.Allow()
                : No("can only list/watch/deletecollection resourceslices with nodeName field selector"),
            _ => No("only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection"),
        };
    }

    /// <summary>Which node is written is looked at by admission (<see cref="NodeRestriction"/>).</summary>
    private static AccessDecision Node(string node, AccessRequest request) => (request.Subresource, request.Verb) switch
    {
        ("", "create" or "update" or "patch") or ("status", "update" or "patch") => AccessDecision.Allow(),
        ("", "get" or "list" or "watch") when request.Name == node => AccessDecision.Allow(),
        ("", "get" or "list" or "watch") => No(request.Name.Length == 0
            ? $"node '{node}' cannot read all nodes, only its own Node object"
            : $"node '{node}' cannot read '{request.Name}', only its own Node object"),
        _ => No(),
    };

    private AccessDecision Pod(string node, AccessRequest request) => (request.Subresource, request.Verb) switch
    {
        ("", "get") => GetOnly(node, request),
        ("", "list" or "watch") when Selects(request, "spec.nodeName", node) => AccessDecision.Allow(),
        ("", "list" or "watch") => request.Name.Length > 0 ? Related(node, request) : No("can only list/watch pods with spec.nodeName field selector"),
        ("", "create" or "delete") or ("status", "update" or "patch") or ("eviction", "create") => AccessDecision.Allow(),
        _ => No(),
    };

    private static bool Selects(AccessRequest request, string field, string value)
    {
        try
        {
            return FieldSelector.Parse(request.FieldSelector).Requirements.Any(r => !r.Negated && r.Field == field && r.Value == value);
        }
        catch (FormatException)
        {
            // What cannot be read narrows nothing; the list itself is then refused with the reason.
            return false;
        }
    }

    private AccessDecision Related(string node, AccessRequest request)
    {
        if (request.Name.Length == 0) return No("No Object name found");
        return IsRelated(node, request) ? AccessDecision.Allow() : No($"no relationship found between node '{node}' and this object");
    }

    private bool IsRelated(string node, AccessRequest request)
    {
        var snapshot = store.Current;
        var (ns, name) = (request.Namespace, request.Name);
        return request.Resource switch
        {
            "secrets" => Referrers(snapshot, node, ns).Any(r => r.Secrets.Contains(name)) || VolumesOf(snapshot, node).Any(v => VolumeSecrets(v).Contains((ns, name))),
            "configmaps" => Referrers(snapshot, node, ns).Any(r => r.ConfigMaps.Contains(name)),
            "persistentvolumeclaims" => Referrers(snapshot, node, ns).Any(r => r.Claims.Contains(name)),
            "persistentvolumes" => VolumesOf(snapshot, node).Any(v => v.Key.Name == name),
            "resourceclaims" => Referrers(snapshot, node, ns).Any(r => r.ResourceClaims.Contains(name)),
            "serviceaccounts" => Referrers(snapshot, node, ns).Any(r => r.ServiceAccount == name),
            "pods" => snapshot.Find(new("pods", ns, name)) is { } pod && NodeReferences.Of(pod).NodeName == node,
            "volumeattachments" => NodeNameOf(snapshot, "volumeattachments.storage.k8s.io", name) == node,
            "resourceslices" => NodeNameOf(snapshot, "resourceslices.resource.k8s.io", name) == node,
            _ => false,
        };
    }

    /// <summary>What stands in a namespace for this node: pods, and virtual machine instances after hand-over.</summary>
    private static IEnumerable<NodeReferences> Referrers(IStoreSnapshot snapshot, string node, string? ns) =>
        snapshot.List("pods", ns).Concat(snapshot.List("virtualmachineinstances.kubevirt.io", ns)).Select(NodeReferences.Of).Where(r => r.NodeName == node);

    private static IEnumerable<StoredObject> VolumesOf(IStoreSnapshot snapshot, string node)
    {
        foreach (var volume in snapshot.List("persistentvolumes"))
        {
            var ns = StoredJson.Text(volume.Bytes, ["spec", "claimRef", "namespace"]);
            var claim = StoredJson.Text(volume.Bytes, ["spec", "claimRef", "name"]);
            if (claim.Length > 0 && Referrers(snapshot, node, ns).Any(r => r.Claims.Contains(claim))) yield return volume;
        }
    }

    /// <summary>Secrets that a volume's driver is given, each with its namespace.</summary>
    private static HashSet<(string Namespace, string Name)> VolumeSecrets(StoredObject volume)
    {
        var spec = StoredJson.Tree(volume.Bytes).Child("spec") ?? [];
        var ns = spec.Child("claimRef")?.Text("namespace") ?? "";
        var found = new HashSet<(string, string)>();
        foreach (var source in spec.Select(p => p.Value).OfType<System.Text.Json.Nodes.JsonObject>())
        {
            foreach (var (field, value) in source)
            {
                if (field.EndsWith("ecretRef", StringComparison.Ordinal) && value is System.Text.Json.Nodes.JsonObject secret)
                    found.Add((secret.Text("namespace") is { Length: > 0 } own ? own : ns, secret.Text("name")));
            }
        }

        return found;
    }

    private static string NodeNameOf(IStoreSnapshot snapshot, string resource, string name) =>
        snapshot.Find(new(resource, "", name)) is { } stored ? StoredJson.Text(stored.Bytes, ["spec", "nodeName"]) : "";
}
