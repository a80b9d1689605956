using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Bootstrap;

/// <summary>What is there before the first request is answered, as kube-apiserver makes it, besides namespaces and roles (<see cref="Rbac.BootstrapReconciler"/>): the two system priority classes, and the certificate authority that clients of
/// extension API servers look up.</summary>
internal static class SystemObjects
{
    /// <param name="api">The registry.</param>
    /// <param name="clientAuthority">The certificate, as PEM, that client certificates are checked against.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task EnsureAsync(IObjectApi api, string clientAuthority, CancellationToken ct)
    {
        await PriorityClass("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node.").RepairAsync(api, ct);
        await PriorityClass("system-cluster-critical", 2_000_000_000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.").RepairAsync(api, ct);
        await Authentication(clientAuthority).RepairAsync(api, ct);
    }

    private static SystemObject PriorityClass(string name, long value, string description)
    {
        var obj = Named(name);
        obj["value"] = value;
        obj["description"] = description;
        obj["preemptionPolicy"] = "PreemptLowerPriority";
        return new("scheduling.k8s.io", "v1", "priorityclasses", obj);
    }

    private static SystemObject Authentication(string clientAuthority)
    {
        var obj = Named("extension-apiserver-authentication", "kube-system");
        obj["data"] = new JsonObject { ["client-ca-file"] = clientAuthority };
        return new("", "v1", "configmaps", obj);
    }

    private static JsonObject Named(string name, string ns = "")
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns.Length > 0) metadata["namespace"] = ns;
        return new JsonObject { ["metadata"] = metadata };
    }
}
