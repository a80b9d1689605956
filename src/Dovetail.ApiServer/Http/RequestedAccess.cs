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
        return RequestPath.TryParse(path, out var parsed) && parsed.Resource.Length > 0 ? Of(request, parsed, user) : new() { User = user, Verb = request.Method.ToLowerInvariant(), Path = path };
    }

    public static AccessRequest Of(HttpRequest request, RequestPath path, UserInfo user)
    {
        var target = new ObjectTarget
        {
            User = user,
            Group = path.Group,
            Version = path.Version,
            Resource = path.Resource,
            Subresource = Granted(path.Subresource),
            Namespace = path.Namespace,
            Name = path.Name,
        };
        var verb = Verb(request, path);
        return AccessRequests.Of(target, verb, verb is "list" or "watch" ? QueryOptions.Text(request.Query, "fieldSelector") : "");
    }

    /// <summary>What is behind a relayed path is nobody's right of its own, and neither is one port of a guest.</summary>
    private static string Granted(string subresource) =>
        subresource.StartsWith("proxy/", StringComparison.Ordinal) ? "proxy" : subresource.StartsWith("portforward/", StringComparison.Ordinal) ? "portforward" : subresource;

    private static string Verb(HttpRequest request, RequestPath path) => request.Method switch
    {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => path.Name.Length > 0 ? "delete" : "deletecollection",
        _ when path.Watch || (path.Name.Length == 0 && QueryOptions.Flag(request.Query, "watch")) => "watch",
        _ => path.Name.Length > 0 ? "get" : "list",
    };
}
