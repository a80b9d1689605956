using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Tests.Rbac;

/// <summary>A registry with Kubernetes' own roles, and short ways to grant and to ask.</summary>
internal static class RbacHarness
{
    public const string Group = "rbac.authorization.k8s.io";

    public static async Task<RegistryHarness> BootstrappedAsync()
    {
        var harness = new RegistryHarness();
        await harness.Registry.BootstrapAsync(default);
        return harness;
    }

    public static UserInfo User(string name, params string[] groups) => new(name, [.. groups, "system:authenticated"]);

    public static UserInfo Node(string name) => new($"system:node:{name}", ["system:nodes", "system:authenticated"]);

    public static AccessDecision Ask(this RegistryHarness harness, UserInfo user, string verb, string resource, string ns = "", string name = "", string group = "")
    {
        var parts = resource.Split('/', 2);
        return harness.Registry.Authorizer.Decide(new AccessRequest
        {
            User = user,
            Verb = verb,
            Group = group,
            Resource = parts[0],
            Subresource = parts.Length > 1 ? parts[1] : "",
            Namespace = ns,
            Name = name,
        });
    }

    public static bool May(this RegistryHarness harness, UserInfo user, string verb, string resource, string ns = "", string name = "", string group = "") =>
        harness.Ask(user, verb, resource, ns, name, group).Allowed;

    public static bool MayGetPath(this RegistryHarness harness, UserInfo user, string path) =>
        harness.Registry.Authorizer.Decide(new AccessRequest { User = user, Verb = "get", Path = path }).Allowed;

    public static void ClusterRole(this RegistryHarness harness, string name, string rules) =>
        harness.Create(Group, "v1", "clusterroles", "", $$"""{"metadata":{"name":"{{name}}"},"rules":[{{rules}}]}""");

    public static void Role(this RegistryHarness harness, string ns, string name, string rules) =>
        harness.Create(Group, "v1", "roles", ns, $$"""{"metadata":{"name":"{{name}}"},"rules":[{{rules}}]}""");

    /// <param name="harness">Where.</param>
    /// <param name="ns">"" for the whole cluster.</param>
    /// <param name="role"><c>ClusterRole/view</c></param>
    /// <param name="subject"><c>User/alice</c>, <c>Group/dev</c>, <c>ServiceAccount/demo/bot</c>.</param>
    public static void Bind(this RegistryHarness harness, string ns, string name, string role, string subject)
    {
        var (roleParts, parts) = (role.Split('/'), subject.Split('/'));
        var subjectJson = parts[0] == "ServiceAccount"
            ? $$"""{"kind":"ServiceAccount","namespace":"{{parts[1]}}","name":"{{parts[2]}}"}"""
            : $$"""{"kind":"{{parts[0]}}","apiGroup":"{{Group}}","name":"{{parts[1]}}"}""";
        harness.Create(
            Group,
            "v1",
            ns.Length == 0 ? "clusterrolebindings" : "rolebindings",
            ns,
            $$"""{"metadata":{"name":"{{name}}"},"roleRef":{"apiGroup":"{{Group}}","kind":"{{roleParts[0]}}","name":"{{roleParts[1]}}"},"subjects":[{{subjectJson}}]}""");
    }
}
