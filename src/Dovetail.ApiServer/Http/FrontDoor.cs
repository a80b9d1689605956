using System.Globalization;
using System.Text.Json;
using Dovetail.ApiServer.Discovery;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Http;

/// <summary>What there is behind the door.</summary>
internal sealed record Endpoints(PublicEndpoints Public, DiscoveryEndpoint Discovery, AggregatedEndpoint Aggregated, ResourceEndpoint Resources);

/// <summary>Who asks, and as whom.</summary>
internal sealed class RequestIdentity(Authenticator authenticator, Impersonation impersonation)
{
    /// <exception cref="StatusException">401 for a credential that proves nobody, 403 for a refused impersonation.</exception>
    public UserInfo Of(HttpContext context) => impersonation.Apply(context.Request, authenticator.Authenticate(context) ?? throw Refusals.Unauthorized());
}

/// <summary>Where every request comes in: who asks, how many at once, what is asked for; and where every failure becomes a Status.</summary>
internal sealed class FrontDoor(RequestIdentity identity, IAuthorizer authorizer, RequestGate gate, Endpoints endpoints, Randomness randomness, ILogger<FrontDoor> log, CancellationToken stopping)
{
    public async Task HandleAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["Audit-Id"] = randomness.Uid();
        headers.CacheControl = "no-cache, private";
        try
        {
            await ServeAsync(context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            FrontDoorLog.ClientGone(log, context.Request.Method, context.Request.Path, e.GetType().Name);
        }
        catch (Exception e)
        {
            var status = StatusOf(e);
            if (status.Code >= 500 && e is not StatusException) FrontDoorLog.Failed(log, context.Request.Method, context.Request.Path, e);
            if (context.Response.HasStarted) context.Abort();
            else await ResponseWriter.WriteFailureAsync(context, status);
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        var user = identity.Of(context);
        var path = context.Request.Path.Value ?? "/";
        if (RequestPath.TryParse(path, out var parsed) && parsed.Resource.Length > 0)
        {
            using var place = gate.Enter(context.Request);
            if (!await endpoints.Aggregated.TryHandleAsync(context, parsed, user)) await endpoints.Resources.HandleAsync(context, parsed, user, stopping);
            return;
        }

        var verb = context.Request.Method.ToLowerInvariant();
        var access = new AccessRequest { User = user, Verb = verb, Path = path };
        authorizer.Require(access);
        if (await endpoints.Public.TryHandleAsync(context, path)) return;
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method)) throw Refusals.MethodNotAllowed();
        if (!await endpoints.Discovery.TryHandleAsync(context, path)) throw Refusals.UnknownResource();
    }

    private static ApiStatus StatusOf(Exception e) => e switch
    {
        StatusException refusal => refusal.Status,
        RevisionCompactedException compacted => Refusals.TooOldResourceVersion(compacted.Requested, compacted.Compacted + 1).Status,
        StoreUnavailableException store => Refusals.ServiceUnavailable(store.Message).Status,
        BadHttpRequestException { StatusCode: 413 } => Refusals.TooLarge(string.Create(CultureInfo.InvariantCulture, $"Request entity too large: limit is {RequestBody.MaxBytes}")).Status,
        BadHttpRequestException bad => new ApiStatus { Code = bad.StatusCode, Reason = "BadRequest", Message = bad.Message },
        JsonException json => Refusals.BadRequest(json.Message).Status,
        _ => Refusals.Internal(e.Message).Status,
    };
}
