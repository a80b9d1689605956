using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary><c>kubectl --as</c>: a request acts as somebody else when its user may impersonate that user and every group.</summary>
internal sealed class Impersonation(IAuthorizer authorizer)
{
    private const string UserHeader = "Impersonate-User";
    private const string GroupHeader = "Impersonate-Group";
    private const string UidHeader = "Impersonate-Uid";

    /// <exception cref="Machinery.Errors.StatusException">403, or 400 for groups without a user.</exception>
    public UserInfo Apply(HttpRequest request, UserInfo user)
    {
        var name = request.Headers[UserHeader].ToString();
        var groups = request.Headers[GroupHeader];
        if (name.Length == 0)
        {
            if (groups.Count > 0 || request.Headers.ContainsKey(UidHeader)) throw Registry.Refusals.BadRequest($"requested to impersonate without {UserHeader}");
            return user;
        }

        Require(user, "users", name);
        foreach (var group in groups) Require(user, "groups", group ?? "");
        return new UserInfo(name, [.. groups.OfType<string>(), Groups.Authenticated]) { Uid = request.Headers[UidHeader].ToString() };
    }

    private void Require(UserInfo user, string resource, string name)
    {
        var request = new AccessRequest { User = user, Verb = "impersonate", Resource = resource, Name = name };
        if (authorizer.Refuse(request) is { } reason) throw AccessRefusal.Of(request, reason);
    }
}
