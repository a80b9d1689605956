using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Security;

/// <summary>
/// Whom a user may act as. Four ways are constrained (KEP 5284): verb <c>impersonate:MODE</c> on the identity and <c>impersonate-on:MODE:VERB</c> on what is then done. The fifth is the old one, verb
/// <c>impersonate</c> alone. The first way that allows it counts; when none does, the user hears what the first that applies said. As upstream, the way that a user last went is tried first:
/// most have one, and it is that one's refusal that they understand.
/// </summary>
internal sealed class ImpersonationModes(IAuthorizer authorizer)
{
    private const string AuthenticationGroup = "authentication.k8s.io";
    private const string Unconstrained = "";
    private const int RememberedUsers = 10_000;
    private const string NodeNameExtra = "authentication.kubernetes.io/node-name";

    private readonly ConcurrentDictionary<string, string> last = new(StringComparer.Ordinal);

    /// <param name="wanted">As the request names it; nothing is filled in yet.</param>
    /// <param name="request">What the impersonated user is to do; its user is the one who impersonates.</param>
    /// <returns>The impersonated user with the groups that it gets by itself.</returns>
    /// <exception cref="StatusException">403.</exception>
    public UserInfo Check(UserInfo wanted, AccessRequest request)
    {
        StatusException? first = null;
        var usual = last.GetValueOrDefault(request.User.Name);
        foreach (var mode in Constrained(wanted, request.User).Append(Unconstrained).OrderBy(mode => mode != usual))
        {
            try
            {
                var user = mode == Unconstrained ? CheckIdentity("impersonate", constrained: false, wanted, request.User) : CheckConstrained(mode, wanted, request);
                if (mode != usual) Remember(request.User.Name, mode);
                return user;
            }
            catch (StatusException refusal)
            {
                first ??= refusal;
            }
        }

        throw first!;
    }

    /// <summary>It is an order only: forgetting it does no harm, growing without end would.</summary>
    private void Remember(string user, string mode)
    {
        if (last.Count >= RememberedUsers) last.Clear();
        last[user] = mode;
    }

    private static IEnumerable<string> Constrained(UserInfo wanted, UserInfo user)
    {
        var node = NodeName(wanted.Name);
        var account = ServiceAccountName.TryParse(wanted.Name);
        var plain = wanted.Groups.IsEmpty && wanted.Uid.Length == 0 && wanted.Extra.IsEmpty;
        if (plain && node is not null)
        {
            if (ServiceAccountName.TryParse(user.Name) is not null && user.Extra.TryGetValue(NodeNameExtra, out var own) && own is [var only] && only == node) yield return "associated-node";
            yield return "arbitrary-node";
        }

        if (plain && account is not null) yield return "serviceaccount";
        if (node is null && account is null) yield return "user-info";
    }

    private UserInfo CheckConstrained(string mode, UserInfo wanted, AccessRequest request)
    {
        authorizer.Require(request with { Verb = $"impersonate-on:{mode}:{request.Verb}" });
        return CheckIdentity($"impersonate:{mode}", constrained: true, wanted, request.User);
    }

    private UserInfo CheckIdentity(string verb, bool constrained, UserInfo wanted, UserInfo user)
    {
        var named = new AccessRequest { User = user, Verb = verb, Group = constrained ? AuthenticationGroup : "" };
        var groups = wanted.Groups;
        if (constrained && NodeName(wanted.Name) is { } node)
        {
            // The right to be the node that one runs on does not name it.
            authorizer.Require(named with { Resource = "nodes", Name = verb == "impersonate:associated-node" ? "*" : node });
            groups = [Groups.Nodes];
        }
        else if (ServiceAccountName.TryParse(wanted.Name) is { } account)
        {
            authorizer.Require(named with { Resource = "serviceaccounts", Namespace = account.Namespace, Name = account.Name });
            if (groups.IsEmpty) groups = account.Groups;
        }
        else
        {
            authorizer.Require(named with { Resource = "users", Name = wanted.Name });
        }

        if (wanted.Uid.Length > 0) authorizer.Require(named with { Group = AuthenticationGroup, Resource = "uids", Name = wanted.Uid });
        RequireGroups(named with { Resource = "groups" }, constrained, wanted.Groups);
        RequireExtra(named with { Group = AuthenticationGroup, Resource = "userextras" }, constrained, wanted.Extra);
        return wanted with { Groups = Completed(wanted.Name, groups) };
    }

    private void RequireGroups(AccessRequest request, bool constrained, ImmutableArray<string> groups)
    {
        if (constrained && groups.Contains("")) throw AccessRefusal.Of(request, "impersonating the empty string group is not allowed");
        if (constrained && groups.Contains(UserInfo.MastersGroup))
            throw AccessRefusal.Of(request with { Name = UserInfo.MastersGroup }, "impersonating the system:masters group is not allowed");
        foreach (var group in groups) authorizer.Require(request with { Name = group });
    }

    private void RequireExtra(AccessRequest request, bool constrained, ImmutableSortedDictionary<string, ImmutableArray<string>> extra)
    {
        foreach (var (key, values) in extra)
        {
            if (constrained && key.Length == 0) throw AccessRefusal.Of(request, "impersonating the empty string key in extra is not allowed");
            if (constrained && values.Contains("")) throw AccessRefusal.Of(request, "impersonating the empty string value in extra is not allowed");
            foreach (var value in values) authorizer.Require(request with { Subresource = key, Name = value });
        }
    }

    /// <summary>Everybody but system:anonymous is authenticated, unless the groups say otherwise.</summary>
    private static ImmutableArray<string> Completed(string name, ImmutableArray<string> groups)
    {
        if (name == Authenticator.Anonymous.Name) return groups.Contains(Groups.Unauthenticated) ? groups : groups.Add(Groups.Unauthenticated);
        return groups.Contains(Groups.Authenticated) || groups.Contains(Groups.Unauthenticated) ? groups : groups.Add(Groups.Authenticated);
    }

    private static string? NodeName(string user)
    {
        const string Prefix = "system:node:";
        return user.StartsWith(Prefix, StringComparison.Ordinal) && Names.DnsSubdomain(user[Prefix.Length..]) is null ? user[Prefix.Length..] : null;
    }
}
