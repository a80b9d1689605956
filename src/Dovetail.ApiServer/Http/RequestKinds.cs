using Dovetail.ApiServer.Registry;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>What a request is, for metrics, for the log, and for whether it takes a place at the gate.</summary>
internal static class RequestKinds
{
    /// <summary>A watch, or bytes that flow until somebody has enough.</summary>
    public static bool IsLongRunning(HttpRequest request, RequestPath path) =>
        IsWatch(request, path)
        || IsConnect(path)
        || IsSocket(request);

    /// <summary>A list that goes on with what happens next.</summary>
    public static bool IsWatch(HttpRequest request, RequestPath path) => path.Watch || (path.Name.Length == 0 && request.QueryString.HasValue && QueryOptions.Flag(request.Query, "watch"));

    /// <summary>A WebSocket (a watch, a console of an aggregated API), over HTTP/1.1 or 2. Other methods with such headers are writes, which take their place at the gate with their bodies.</summary>
    public static bool IsSocket(HttpRequest request) => HttpMethods.IsConnect(request.Method)
        ? request.Headers.ContainsKey(":protocol")
        : HttpMethods.IsGet(request.Method) && request.Headers.ContainsKey("Upgrade");

    /// <summary>Handed to a node, a pod or a service.</summary>
    public static bool IsConnect(RequestPath path) =>
        path.Subresource is "log" or "exec" or "attach" or "portforward" or "proxy" || path.Subresource.StartsWith("proxy/", StringComparison.Ordinal);

    public static RequestKind Of(HttpRequest request, RequestPath path, ResourceCatalog catalog, bool longRunning)
    {
        var served = catalog.Find(path.Group, path.Version, path.Resource);
        if (served is null) return new(Method(request.Method), "", "", "", "", "", false);
        var scope = path.Name.Length > 0 ? "resource" : path.Namespace.Length > 0 ? "namespace" : "cluster";
        var subresource = path.Subresource.Length == 0 ? "" : path.Subresource.StartsWith("proxy", StringComparison.Ordinal) ? "proxy" : served.Subresources.ContainsKey(path.Subresource) ? path.Subresource : "";
        var dryRun = request.QueryString.HasValue && request.Query.ContainsKey("dryRun");
        return new(Verb(request, path, longRunning), served.Group, served.Version, served.Plural, subresource, scope, dryRun);
    }

    /// <summary>A path that is no resource; only the known ones are told apart.</summary>
    public static RequestKind Of(HttpRequest request, string path) =>
        new(Method(request.Method), "", "", "", path is "/healthz" or "/livez" or "/readyz" or "/metrics" or "/version" or "/api" or "/apis" or "/openapi/v2" or "/openapi/v3" ? path : "", "", false);

    private static string Verb(HttpRequest request, RequestPath path, bool longRunning)
    {
        if (IsConnect(path)) return path.Subresource == "log" ? "GET" : "CONNECT";
        return request.Method switch
        {
            "GET" or "HEAD" when longRunning => "WATCH",
            "GET" or "HEAD" => path.Name.Length > 0 ? "GET" : "LIST",
            "PATCH" => MediaType.Bare(request.ContentType) == "application/apply-patch+yaml" ? "APPLY" : "PATCH",
            "DELETE" => path.Name.Length > 0 ? "DELETE" : "DELETECOLLECTION",
            var method => Method(method),
        };
    }

    /// <summary>Methods that nobody knows are one.</summary>
    private static string Method(string method) => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "CONNECT" or "TRACE" ? method : "other";
}
