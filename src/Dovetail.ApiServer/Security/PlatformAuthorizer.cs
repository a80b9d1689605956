using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Security.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Security;

/// <summary>What an API server runs with <c>--authorization-mode</c>: <c>system:masters</c> may do everything, nodes what their pods need, everybody what roles give; or everybody everything.</summary>
internal sealed class PlatformAuthorizer(IRevisionStore store, AuthorizationModes modes) : IAuthorizer
{
    private static readonly AccessRules Everything = new([new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }, new PolicyRule { Verbs = ["*"], NonResourceUrls = ["*"] }], Incomplete: false, Problem: "");
    private static readonly AccessRules Nothing = new([], Incomplete: false, Problem: "");

    private readonly NodeAuthorizer nodes = new(store);
    private readonly RbacAuthorizer rbac = new(store);

    public AccessDecision Decide(AccessRequest request)
    {
        if (request.User.IsMaster || modes.AlwaysAllow) return AccessDecision.Allow();
        var asNode = modes.Node ? nodes.Decide(request) : AccessDecision.NoOpinion();
        if (asNode.Allowed) return asNode;
        var byRole = modes.Rbac ? rbac.Decide(request) : AccessDecision.NoOpinion();
        if (byRole.Allowed || asNode.Reason.Length == 0) return byRole;
        return AccessDecision.NoOpinion(byRole.Reason.Length == 0 ? asNode.Reason : $"{asNode.Reason}\n{byRole.Reason}");
    }

    public AccessRules RulesOf(UserInfo user, string ns)
    {
        if (modes.AlwaysAllow) return Everything;
        var asNode = modes.Node ? nodes.RulesOf(user, ns) : Nothing;
        var byRole = modes.Rbac ? rbac.RulesOf(user, ns) : Nothing;
        string[] problems = [.. new[] { asNode.Problem, byRole.Problem }.Where(p => p.Length > 0)];
        return new(byRole.Rules, asNode.Incomplete || byRole.Incomplete, problems.Length > 1 ? $"[{string.Join(", ", problems)}]" : problems.FirstOrDefault() ?? "");
    }
}
