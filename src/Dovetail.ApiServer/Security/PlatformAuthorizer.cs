using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Security.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Security;

/// <summary>What an API server runs with <c>--authorization-mode=Node,RBAC</c>: <c>system:masters</c> may do everything, nodes what their pods need, everybody what roles give.</summary>
internal sealed class PlatformAuthorizer(IRevisionStore store) : IAuthorizer
{
    private readonly NodeAuthorizer nodes = new(store);
    private readonly RbacAuthorizer rbac = new(store);

    public AccessDecision Decide(AccessRequest request)
    {
        if (request.User.IsMaster) return AccessDecision.Allow();
        var asNode = nodes.Decide(request);
        if (asNode.Allowed) return asNode;
        var byRole = rbac.Decide(request);
        if (byRole.Allowed || asNode.Reason.Length == 0) return byRole;
        return AccessDecision.NoOpinion(byRole.Reason.Length == 0 ? asNode.Reason : $"{asNode.Reason}\n{byRole.Reason}");
    }

    public AccessRules RulesOf(UserInfo user, string ns)
    {
        var (asNode, byRole) = (nodes.RulesOf(user, ns), rbac.RulesOf(user, ns));
        string[] problems = [.. new[] { asNode.Problem, byRole.Problem }.Where(p => p.Length > 0)];
        return new(byRole.Rules, asNode.Incomplete || byRole.Incomplete, problems.Length > 1 ? $"[{string.Join(", ", problems)}]" : problems.FirstOrDefault() ?? "");
    }
}
