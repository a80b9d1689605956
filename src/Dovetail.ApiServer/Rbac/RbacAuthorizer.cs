using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Rbac;

/// <summary>Role-based access control, <c>rbac.authorization.k8s.io/v1</c>.</summary>
internal sealed class RbacAuthorizer(IRevisionStore store) : IAuthorizer
{
    private readonly RbacIndex index = new(store);

    public AccessDecision Decide(AccessRequest request)
    {
        if (Find(index.Cluster(), request) is { } grant) return AccessDecision.Allow(grant, request.User);
        var local = request.Namespace.Length > 0 ? index.Namespace(request.Namespace) : null;
        if (local is not null && Find(local, request) is { } there) return AccessDecision.Allow(there, request.User);
        var problems = GrantsOf(request.User, request.Namespace).Select(g => g.MissingRole).Where(m => m.Length > 0).Distinct().ToArray();
        return AccessDecision.NoOpinion(problems.Length switch
        {
            0 => "",
            1 => $"RBAC: {problems[0]}",
            _ => $"RBAC: [{string.Join(", ", problems)}]",
        });
    }

    public AccessRules RulesOf(UserInfo user, string ns)
    {
        var grants = GrantsOf(user, ns).ToArray();
        var problems = grants.Select(g => g.MissingRole).Where(m => m.Length > 0).Distinct().ToArray();
        return new([.. grants.SelectMany(g => g.Rules)], false, problems.Length > 1 ? $"[{string.Join(", ", problems)}]" : problems.FirstOrDefault() ?? "");
    }

    private static Grant? Find(GrantTable table, AccessRequest request)
    {
        foreach (var grant in table.OfUser(request.User.Name))
        {
            if (grant.Allows(request)) return grant;
        }

        foreach (var group in request.User.Groups)
        {
            foreach (var grant in table.OfGroup(group))
            {
                if (grant.Allows(request)) return grant;
            }
        }

        return null;
    }

    /// <summary>Cluster-wide ones first; each once, whatever number of subjects it has this user by.</summary>
    private IEnumerable<Grant> GrantsOf(UserInfo user, string ns)
    {
        var grants = Of(index.Cluster());
        return (ns.Length > 0 && index.Namespace(ns) is { } local ? grants.Concat(Of(local)) : grants).Distinct();

        IEnumerable<Grant> Of(GrantTable table) => table.OfUser(user.Name).Concat(user.Groups.SelectMany(table.OfGroup));
    }
}
