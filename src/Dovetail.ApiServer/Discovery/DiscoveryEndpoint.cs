using System.Collections.Immutable;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Registry;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Discovery;

/// <summary>Serves discovery and OpenAPI. Documents are made when somebody first asks after the catalog has changed.</summary>
internal sealed class DiscoveryEndpoint(ObjectRegistry registry, ImmutableArray<AggregatedApi> aggregated, Func<string> address)
{
    private const string AggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    /// <summary>The OpenAPI v2 document in protobuf, with no definitions: <c>swagger: "2.0"</c>, <c>info: {title, version}</c>, no paths. kubectl reads it for kinds that v3 does not know,
    /// which are those that are not served; it takes no definition for "nothing to check" and goes on to say that there is no such kind.</summary>
    private static readonly byte[] EmptyV2 = [0x0a, 3, .. "2.0"u8, 0x12, 25, 0x0a, 10, .. "Kubernetes"u8, 0x12, 11, .. "unversioned"u8, 0x42, 0];

    private volatile Made? made;

    /// <summary>Answers paths of discovery and OpenAPI; false for others.</summary>
    public async Task<bool> TryHandleAsync(HttpContext context, string path)
    {
        if (path.Length > 1 && path[^1] == '/') path = path[..^1];
        if (path.StartsWith("/openapi/", StringComparison.Ordinal)) return await TryOpenApiAsync(context, path);
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

    private async Task<bool> TryOpenApiAsync(HttpContext context, string path)
    {
        if (path == "/openapi/v2" && context.Request.Headers.Accept.ToString().Contains("proto-openapi.spec.v2", StringComparison.Ordinal))
        {
            // Asked for with "@v1.0", answered with ".v1.0" as upstream does: Go's media type parser takes no "@".
            await ResponseWriter.WriteAsync(context, 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", EmptyV2);
            return true;
        }

        var openApi = registry.Catalog.OpenApi;
        var document = path switch
        {
            "/openapi/v2" => openApi.V2,
            "/openapi/v3" => openApi.Index,
            _ when path.StartsWith("/openapi/v3/", StringComparison.Ordinal) => openApi.GroupVersion(path["/openapi/v3/".Length..]),
            _ => null,
        };
        if (document is null) return false;
        // The index names each document by its hash: asked for by that name it never changes.
        if (context.Request.Query.ContainsKey("hash")) context.Response.Headers.CacheControl = "public, immutable";
        await WriteAsync(context, MediaType.Json, document.Json, $"\"{document.Hash}\"");
        return true;
    }

    private static async Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> json, string tag)
    {
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await ResponseWriter.WriteAsync(context, 200, contentType, json);
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
