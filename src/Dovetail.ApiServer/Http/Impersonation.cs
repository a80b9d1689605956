using System.Collections.Immutable;
using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary><c>kubectl --as</c>: a request acts as somebody else when its user may impersonate the user, every group, the uid and every extra value (<see cref="ImpersonationModes"/>).</summary>
internal sealed class Impersonation(IAuthorizer authorizer)
{
    private const string UserHeader = "Impersonate-User";
    private const string GroupHeader = "Impersonate-Group";
    private const string UidHeader = "Impersonate-Uid";
    private const string ExtraPrefix = "Impersonate-Extra-";

    private readonly ImpersonationModes modes = new(authorizer);

    /// <exception cref="Machinery.Errors.StatusException">403, or 400 for anything else without a user.</exception>
    public UserInfo Apply(HttpRequest request, UserInfo user)
    {
        if (!IsAsked(request.Headers)) return user;
        var wanted = Wanted(request.Headers);
        if (wanted.Name.Length > 0) return modes.Check(wanted, RequestedAccess.Of(request, user));
        if (wanted.Groups.IsEmpty && wanted.Uid.Length == 0 && wanted.Extra.IsEmpty) return user;
        throw Refusals.BadRequest($"requested {Shown(wanted)} without impersonating a user name");
    }

    private static bool IsAsked(IHeaderDictionary headers)
    {
        foreach (var (header, _) in headers)
        {
            if (header.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static UserInfo Wanted(IHeaderDictionary headers)
    {
        var extra = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var (header, values) in headers)
        {
            // Header names know no case and no slash: keys come in lower case, escaped.
            if (header.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
                extra[Uri.UnescapeDataString(header[ExtraPrefix.Length..].ToLowerInvariant())] = [.. values.OfType<string>()];
        }

        return new UserInfo(headers[UserHeader].ToString(), [.. headers[GroupHeader].OfType<string>()]) { Uid = headers[UidHeader].ToString(), Extra = extra.ToImmutable() };
    }

    /// <summary>As Go's <c>%#v</c> shows the user.</summary>
    private static string Shown(UserInfo user)
    {
        var groups = user.Groups.IsEmpty ? "[]string(nil)" : $"[]string{{{string.Join(", ", user.Groups.Select(GoText.Quoted))}}}";
        var extra = user.Extra.IsEmpty
            ? "map[string][]string(nil)"
            : $"map[string][]string{{{string.Join(", ", user.Extra.Select(e => $"{GoText.Quoted(e.Key)}:[]string{{{string.Join(", ", e.Value.Select(GoText.Quoted))}}}"))}}}";
        return $"&user.DefaultInfo{{Name:\"\", UID:{GoText.Quoted(user.Uid)}, Groups:{groups}, Extra:{extra}}}";
    }
}
