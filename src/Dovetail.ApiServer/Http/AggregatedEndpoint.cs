using System.Collections.Immutable;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Hands requests of aggregated groups to whoever serves them, authorised and with the user as a feature.</summary>
internal sealed class AggregatedEndpoint(ImmutableArray<AggregatedApi> apis, IAuthorizer authorizer)
{
    public async Task<bool> TryHandleAsync(HttpContext context, RequestPath path, UserInfo user)
    {
        var api = apis.FirstOrDefault(a => a.Group == path.Group);
        if (api is null || !api.ResourceLists.Any(v => v.Version == path.Version)) return false;
        var request = new AccessRequest
        {
            User = user,
            Verb = Verb(context.Request.Method, path),
            Group = path.Group,
            Resource = path.Resource,
            Subresource = path.Subresource,
            Namespace = path.Namespace,
            Name = path.Name,
        };
        authorizer.Require(request);
        context.Features.Set(user);
        await api.Handler(context);
        return true;
    }

    private static string Verb(string method, RequestPath path) => method switch
    {
        "GET" or "HEAD" => path.Name.Length > 0 ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => path.Name.Length > 0 ? "delete" : "deletecollection",
        _ => throw Refusals.MethodNotAllowed(),
    };
}
