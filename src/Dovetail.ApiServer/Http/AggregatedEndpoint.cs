using System.Collections.Immutable;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Hands requests of aggregated groups, which the front door has authorised, to whoever serves them, with the user as a feature.</summary>
internal sealed class AggregatedEndpoint(ImmutableArray<AggregatedApi> apis)
{
    /// <summary>Null: the group is none of them.</summary>
    public Task? TryHandle(HttpContext context, RequestPath path, UserInfo user)
    {
        var api = apis.FirstOrDefault(a => a.Group == path.Group);
        if (api is null || !api.ResourceLists.Any(v => v.Version == path.Version)) return null;
        context.Features.Set(user);
        return api.Handler(context);
    }
}
