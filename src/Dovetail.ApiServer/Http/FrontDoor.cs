using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using Dovetail.ApiServer.Discovery;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;
using Microsoft.AspNetCore.Http;

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
internal sealed class FrontDoor(RequestIdentity identity, IAuthorizer authorizer, Endpoints endpoints, ObjectRegistry registry, RequestWatch watch, Randomness randomness, CancellationToken stopping)
{
    private const int LongestAuditId = 64;

    public async Task HandleAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["Audit-Id"] = context.Request.Headers["Audit-ID"] is [{ Length: > 0 and <= LongestAuditId } known] ? known : randomness.Uid();
        headers.CacheControl = "no-cache, private";
        var path = context.Request.Path.Value ?? "/";
        var isResource = RequestPath.TryParse(path, out var parsed) && parsed.Resource.Length > 0;
        var longRunning = isResource && RequestKinds.IsLongRunning(context.Request, parsed);
        var kind = isResource ? RequestKinds.Of(context.Request, parsed, registry.Catalog, longRunning) : RequestKinds.Of(context.Request, path);
        var watched = watch.Begin(context, kind, longRunning);
        try
        {
            var user = Identify(context);
            watched.User = user.Name;
            if (isResource) await ServeResourceAsync(context, parsed, user, longRunning);
            else await ServePathAsync(context, path, user);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && !IsDefect(e))
        {
            FrontDoorLog.ClientGone(watch.Log, context.Request.Method, context.Request.Path, e.GetType().Name);
        }
        catch (Exception e)
        {
            await FailAsync(context, path, e);
        }
        finally
        {
            watched.End();
        }
    }

    private UserInfo Identify(HttpContext context)
    {
        var (startedAt, known) = (Stopwatch.GetTimestamp(), false);
        try
        {
            var user = identity.Of(context);
            known = true;
            return user;
        }
        finally
        {
            watch.Access.Authenticated(known, startedAt);
        }
    }

    private void Authorise(AccessRequest access)
    {
        var (startedAt, allowed) = (Stopwatch.GetTimestamp(), false);
        try
        {
            authorizer.Require(access);
            allowed = true;
        }
        finally
        {
            watch.Access.Authorized(allowed, startedAt);
        }
    }

    private Task ServeResourceAsync(HttpContext context, RequestPath path, UserInfo user, bool longRunning)
    {
        // What runs long takes no place, and nothing of this door waits beside it.
        return longRunning ? ServeResourceAsync(context, path, user) : InItsPlaceAsync();

        async Task InItsPlaceAsync()
        {
            using var place = watch.Gate.Enter(context.Request);
            await ServeResourceAsync(context, path, user);
        }
    }

    private Task ServeResourceAsync(HttpContext context, RequestPath path, UserInfo user)
    {
        // Before anything else is said about the request: who may not learns neither what is served nor what is wrong with a body, which is not even read.
        Authorise(RequestedAccess.Of(context.Request, path, user));
        return endpoints.Aggregated.TryHandle(context, path, user) ?? endpoints.Resources.HandleAsync(context, path, user, stopping);
    }

    private async Task ServePathAsync(HttpContext context, string path, UserInfo user)
    {
        var access = new AccessRequest { User = user, Verb = context.Request.Method.ToLowerInvariant(), Path = path };
        Authorise(access);
        if (await endpoints.Public.TryHandleAsync(context, path)) return;
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method)) throw Refusals.MethodNotAllowed();
        if (!await endpoints.Discovery.TryHandleAsync(context, path)) throw Refusals.UnknownResource();
    }

    private async Task FailAsync(HttpContext context, string path, Exception e)
    {
        var status = StatusOf(e);
        if (e is StatusException { Warnings.Length: > 0 } warned && !context.Response.HasStarted) WarningHeaders.Add(context.Response, warned.Warnings);
        if (status.Code >= 500 && e is not (StatusException or OperationCanceledException)) FrontDoorLog.Failed(watch.Log, context.Request.Method, context.Request.Path, e);
        if (context.Response.HasStarted) context.Abort();
        else if (status is { Code: 404, Name: "", Kind: "" } && !IsApi(path)) await ResponseWriter.WriteTextAsync(context, 404, "404 page not found\n");
        else await ResponseWriter.WriteFailureAsync(context, status);
    }

    /// <summary>Whether the path is below a group that is served; there a Status says what is not, elsewhere a page.</summary>
    private bool IsApi(string path)
    {
        if (path.StartsWith("/api/", StringComparison.Ordinal)) return true;
        if (!path.StartsWith("/apis/", StringComparison.Ordinal)) return false;
        var group = path["/apis/".Length..].Split('/', 2)[0];
        return registry.Catalog.Resources.Any(r => r.Group == group && !r.Custom);
    }

    /// <summary>Whether it is our own fault, and worth a line in the log even when nobody waits for the answer: a connection that has ended shows as cancellation or as a failed read or write.</summary>
    private static bool IsDefect(Exception e) => e is not (StatusException or OperationCanceledException or IOException or SocketException or WebSocketException or RevisionCompactedException or StoreUnavailableException or JsonException);

    private static ApiStatus StatusOf(Exception e) => e switch
    {
        StatusException refusal => refusal.Status,
        RevisionCompactedException compacted => Refusals.TooOldResourceVersion(compacted.Requested, compacted.Compacted + 1).Status,
        StoreUnavailableException store => Refusals.ServiceUnavailable(store.Message).Status,
        BadHttpRequestException { StatusCode: 413 } => Refusals.TooLarge(string.Create(CultureInfo.InvariantCulture, $"Request entity too large: limit is {RequestBody.MaxBytes}")).Status,
        BadHttpRequestException bad => new ApiStatus { Code = bad.StatusCode, Reason = "BadRequest", Message = bad.Message },
        JsonException json => Refusals.BadRequest(json.Message).Status,
        OperationCanceledException => Refusals.Timeout().Status,
        _ => Refusals.Internal(e.Message).Status,
    };
}
