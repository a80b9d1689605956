using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Bootstrap;
using Dovetail.Workloads.Bootstrap;

namespace Dovetail.Cli.Hosting;

/// <summary>What somebody who joins may know before anybody knows him: ConfigMap <c>kube-public/cluster-info</c>, with where the API server is and which authority it has, readable without a credential, as kubeadm makes it.</summary>
internal static class ClusterInfo
{
    private const string RbacGroup = "rbac.authorization.k8s.io";
    private const string RoleName = "kubeadm:bootstrap-signer-clusterinfo";

    public static ImmutableArray<SystemObject> Objects(string server, string authorityPem) =>
    [
        new("", "v1", "configmaps", With(ClusterInfoSigner.Name, new JsonObject { ["data"] = new JsonObject { ["kubeconfig"] = Kubeconfig(server, authorityPem) } })) { Repaired = true },
        new(RbacGroup, "v1", "roles", With(RoleName, new JsonObject
        {
            ["rules"] = new JsonArray
            {
                (JsonNode)new JsonObject
                {
                    ["verbs"] = new JsonArray { (JsonNode)"get" },
                    ["apiGroups"] = new JsonArray { (JsonNode)"" },
                    ["resources"] = new JsonArray { (JsonNode)"configmaps" },
                    ["resourceNames"] = new JsonArray { (JsonNode)ClusterInfoSigner.Name },
                },
            },
        })),
        new(RbacGroup, "v1", "rolebindings", With(RoleName, new JsonObject
        {
            ["roleRef"] = new JsonObject { ["apiGroup"] = RbacGroup, ["kind"] = "Role", ["name"] = RoleName },
            ["subjects"] = new JsonArray { (JsonNode)new JsonObject { ["apiGroup"] = RbacGroup, ["kind"] = "User", ["name"] = "system:anonymous" } },
        })),
    ];

    private static JsonObject With(string name, JsonObject rest)
    {
        rest["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ClusterInfoSigner.Namespace };
        return rest;
    }

    private static string Kubeconfig(string server, string authorityPem) => $"""
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authorityPem))}
            server: {server}
          name: ""
        contexts: null
        current-context: ""
        kind: Config
        preferences: {"{}"}
        users: null

        """;
}
