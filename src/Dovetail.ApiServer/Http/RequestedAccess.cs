using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>What a request will ask the authorizer, known from its method and path alone.</summary>
internal static class RequestedAccess
{
    public static AccessRequest Of(HttpRequest request, UserInfo user)
    {
        var path = request.Path.Value ?? "/";
        if (!RequestPath.TryParse(path, out var parsed) || parsed.Resource.Length == 0) return new() { User = user, Verb = request.Method.ToLowerInvariant(), Path = path };
        var target = new ObjectTarget
        {
            User = user,
            Group = parsed.Group,
            Version = parsed.Version,
            Resource = parsed.Resource,
            Subresource = parsed.Subresource,
            Namespace = parsed.Namespace,
            Name = parsed.Name,
        };
        var verb = Verb(request, parsed.Name.Length > 0);
        return AccessRequests.Of(target, verb, verb is "list" or "watch" ? QueryOptions.Text(request.Query, "fieldSelector") : "");
    }

    private static string Verb(HttpRequest request, bool named) => request.Method switch
    {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => named ? "delete" : "deletecollection",
        _ when QueryOptions.Flag(request.Query, "watch") => "watch",
        _ => named ? "get" : "list",
    };
}
