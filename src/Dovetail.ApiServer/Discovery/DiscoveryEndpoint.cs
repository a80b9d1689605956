using System.Collections.Immutable;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Registry;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Discovery;

/// <summary>Serves discovery and OpenAPI. Documents are made when somebody first asks after the catalog has changed.</summary>
internal sealed class DiscoveryEndpoint(ObjectRegistry registry, ImmutableArray<AggregatedApi> aggregated, Func<string> address, TimeProvider time)
{
    private const string AggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private volatile Made? made;

    /// <summary>Answers paths of discovery and OpenAPI; false for others.</summary>
    public async Task<bool> TryHandleAsync(HttpContext context, string path)
    {
        if (path.Length > 1 && path[^1] == '/') path = path[..^1];
        if (path.StartsWith("/openapi/", StringComparison.Ordinal)) return await OpenApiEndpoint.TryHandleAsync(context, path, registry.Catalog.OpenApi, time);
        if (path != "/" && !path.StartsWith("/api", StringComparison.Ordinal)) return false;
        var documents = Documents();
        if (path is "/api" or "/apis" && WantsAggregated(context.Request))
        {
            var document = path == "/api" ? documents.AggregatedCore : documents.AggregatedGroups;
            context.Response.Headers.Vary = "Accept";
            await WriteAsync(context, AggregatedType, document.Json, document.Tag);
            return true;
        }

        if (documents.Find(path) is not { } plain) return false;
        await ResponseWriter.WriteJsonAsync(context, 200, plain.Json);
        return true;
    }

    private DiscoveryDocuments Documents()
    {
        var catalog = registry.Catalog;
        if (made is { } last && ReferenceEquals(last.Catalog, catalog)) return last.Documents;
        var documents = DiscoveryDocuments.Build(catalog, aggregated, address());
        made = new(catalog, documents);
        return documents;
    }

    private static async Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> json, string tag)
    {
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await ResponseWriter.WriteJsonAsync(context, 200, json, contentType);
    }

    private static bool WantsAggregated(HttpRequest request)
    {
        foreach (var clause in request.Headers.Accept.ToString().Split(','))
        {
            if (clause.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal) && clause.Contains("v=v2", StringComparison.Ordinal)
                && !clause.Contains("v=v2beta1", StringComparison.Ordinal) && clause.TrimStart().StartsWith(MediaType.Json, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private sealed record Made(ResourceCatalog Catalog, DiscoveryDocuments Documents);
}
