using System.Collections.Frozen;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Security;

/// <summary>What a user wants to do: a verb on a resource, or on a path that is none (<see cref="Path"/>).</summary>
public sealed record AccessRequest
{
    public required UserInfo User { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection, impersonate; for paths the method in lower case.</summary>
    public required string Verb { get; init; }

    public string Group { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>Not empty for paths that are no resource (<c>/version</c>).</summary>
    public string Path { get; init; } = "";
}

/// <summary>One rule as <c>rbac.authorization.k8s.io PolicyRule</c> has it; what <c>kubectl auth can-i --list</c> shows. "*" stands for all.</summary>
public sealed record AccessRule(IReadOnlyList<string> Verbs, IReadOnlyList<string> Groups, IReadOnlyList<string> Resources, IReadOnlyList<string> Paths);

/// <summary>Decides who may do what.</summary>
public interface IAuthorizer
{
    /// <summary>Null for yes; otherwise the reason that the user is told ("" for none).</summary>
    string? Refuse(AccessRequest request);

    /// <summary>The rules that apply to a user.</summary>
    IReadOnlyList<AccessRule> RulesOf(UserInfo user);
}

/// <summary>
/// The authorisation before RBAC: <c>system:masters</c> may do everything, <c>system:nodes</c> what a node's agent and virt-handler need, any other authenticated user may look at discovery and
/// at itself, and everybody at health and version.
/// </summary>
public sealed class FixedAuthorizer : IAuthorizer
{
    private static readonly string[] Read = ["get", "list", "watch"];
    private static readonly string[] Write = ["create", "update", "patch", "delete"];
    private static readonly string[] Update = ["update", "patch"];
    private static readonly string[] PublicPaths = ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/"];
    private static readonly string[] DiscoveryPaths = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/"];

    private static readonly AccessRule[] Everything = [new(["*"], ["*"], ["*"], []), new(["*"], [], [], ["*"])];
    private static readonly AccessRule[] Anybody = [new(["get", "head"], [], [], PublicPaths)];

    private static readonly AccessRule[] Authenticated =
    [
        .. Anybody,
        new(["get", "head"], [], [], DiscoveryPaths),
        new(["create"], ["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], []),
        new(["create"], ["authentication.k8s.io"], ["selfsubjectreviews"], []),
        // KubeVirt's ClusterRole kubevirt.io:default, which every authenticated user has; virtctl asks before it does anything.
        new(["get", "list"], ["subresources.kubevirt.io"], ["version"], []),
    ];

    /// <remarks>Nodes see secrets and config maps of all namespaces until the node authorizer ties them to the pods on the node; the platform's nodes are on the server's own machine.</remarks>
    private static readonly AccessRule[] Node =
    [
        .. Authenticated,
        new([.. Read, .. Write], [""], ["nodes", "nodes/status", "events"], []),
        new([.. Read, .. Update, "delete"], [""], ["pods", "pods/status"], []),
        new(Read, [""], ["namespaces", "configmaps", "secrets", "services", "persistentvolumeclaims", "persistentvolumes"], []),
        new([.. Read, .. Write], ["coordination.k8s.io"], ["leases"], []),
        new(["create", "update", "patch"], ["events.k8s.io"], ["events"], []),
        new(Read, ["node.k8s.io"], ["runtimeclasses"], []),
        new([.. Read, .. Update], ["kubevirt.io"], ["virtualmachineinstances", "virtualmachineinstances/status"], []),
        new(Read, ["kubevirt.io"], ["kubevirts", "virtualmachines", "virtualmachineinstancemigrations"], []),
    ];

    private static readonly FrozenSet<string> MastersOnly = new[] { UserInfo.MastersGroup }.ToFrozenSet();

    public IReadOnlyList<AccessRule> RulesOf(UserInfo user)
    {
        if (user.Groups.Any(MastersOnly.Contains)) return Everything;
        if (user.Groups.Contains(Groups.Nodes)) return Node;
        return user.Groups.Contains(Groups.Authenticated) ? Authenticated : Anybody;
    }

    public string? Refuse(AccessRequest request)
    {
        if (request.User.Groups.Contains(UserInfo.MastersGroup)) return null;
        foreach (var rule in RulesOf(request.User))
        {
            if (Covers(rule, request)) return null;
        }

        return "";
    }

    private static bool Covers(AccessRule rule, AccessRequest request)
    {
        if (!Has(rule.Verbs, request.Verb)) return false;
        if (request.Path.Length > 0) return rule.Paths.Any(p => p.EndsWith('*') ? request.Path.StartsWith(p[..^1], StringComparison.Ordinal) : p == request.Path);
        var resource = request.Subresource.Length == 0 ? request.Resource : $"{request.Resource}/{request.Subresource}";
        return Has(rule.Groups, request.Group) && Has(rule.Resources, resource);
    }

    private static bool Has(IReadOnlyList<string> values, string value) => values.Contains("*") || values.Contains(value);
}
