using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.ApiServer.Nodes;

/// <summary>The subresources that go through to what an object stands for: a pod's log, exec, attach, portforward and proxy, a service's proxy, a node's proxy.</summary>
internal sealed class ConnectEndpoint(ObjectRegistry registry, ConnectRelay relay)
{
    private readonly ConnectLocator locator = new(registry);

    /// <param name="context">The request.</param>
    /// <param name="target">With the whole subresource, <c>proxy/index.html</c>.</param>
    /// <param name="stopping">Ends streams when the server goes.</param>
    public async Task HandleAsync(HttpContext context, ObjectTarget target, CancellationToken stopping)
    {
        var proxied = target.Subresource.StartsWith("proxy", StringComparison.Ordinal);
        target = target with { Subresource = proxied ? "proxy" : target.Subresource };
        var method = context.Request.Method;
        var allowed = proxied ? method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" : method == "GET" || (method == "POST" && target.Subresource != "log");
        if (!allowed) throw Refusals.MethodNotAllowed();
        // A WebSocket is opened with GET: who may only read must not get a shell that way.
        if (!proxied && target.Subresource != "log" && method == "GET") registry.Authorizer.Require(AccessRequests.Of(target, "create", ""));
        if (registry.Catalog.Find(target.Group, target.Version, target.Resource)?.Subresources.ContainsKey(target.Subresource) != true)
            throw Refusals.UnknownResource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        if (proxied) await ProxyAsync(context, target, either.Token);
        else if (target.Subresource == "log") await LogAsync(context, target, either.Token);
        else await relay.TunnelAsync(context, await locator.StreamAsync(target, context.Request.Query, either.Token), either.Token);
    }

    private async Task LogAsync(HttpContext context, ObjectTarget target, CancellationToken ct)
    {
        var options = PodLogOptions.Of(context.Request.Query, target.Name);
        if (await locator.LogAsync(target, options, ct) is { } location) await relay.LogAsync(context, location, target.Name, ct);
        else context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task ProxyAsync(HttpContext context, ObjectTarget target, CancellationToken ct)
    {
        var tail = Tail(context.Features.Get<IHttpRequestFeature>()!.RawTarget, namespaced: target.Namespace.Length > 0);
        var location = target.Resource switch
        {
            "pods" => await locator.PodAsync(target, tail, ct),
            "services" => await locator.ServiceAsync(target, tail, ct),
            _ => await locator.NodeAsync(target, tail, ct),
        };
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }) await relay.TunnelAsync(context, location, ct);
        else await relay.ForwardAsync(context, location, withBody: true, ct);
    }

    /// <summary>Path and query behind <c>…/NAME/proxy</c> as the client wrote them: what is there may tell an encoded slash from a slash.</summary>
    internal static string Tail(string raw, bool namespaced)
    {
        var question = raw.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = question < 0 ? (raw, "") : (raw[..question], raw[question..]);
        var at = path.StartsWith('/') ? 0 : path.IndexOf('/', path.IndexOf("://", StringComparison.Ordinal) + 3);
        // By counting, since namespaces and objects may be called proxy, too: api/v1[/namespaces/NS]/RESOURCE/NAME/proxy.
        for (var segments = namespaced ? 7 : 5; segments > 0 && at >= 0; segments--) at = path.IndexOf('/', at + 1);
        return (at < 0 ? "/" : path[at..]) + query;
    }
}
