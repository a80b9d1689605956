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
        if (documents.Find(path) is not { } plain) return false;
        if (HttpMethods.IsHead(context.Request.Method) && !AnswersHead(path)) throw Refusals.MethodNotAllowed();
        if (Negotiate(context.Request, path) is { } negotiated)
        {
            await ResponseWriter.WriteAsync(context, 200, negotiated, plain.Json);
            return true;
        }

        var document = path == "/api" ? documents.AggregatedCore : documents.AggregatedGroups;
        context.Response.Headers.Vary = "Accept";
        await WriteAsync(context, AggregatedType, document.Json, document.Tag);
        return true;
    }

    /// <summary>Upstream's aggregator answers any method with the groups; <c>/api</c> and the versions of its own groups are routes of GET alone.</summary>
    private bool AnswersHead(string path) => path switch
    {
        "/" or "/apis" => true,
        _ when path.StartsWith("/api/", StringComparison.Ordinal) || path == "/api" => false,
        _ => path.Split('/') is not [_, _, var group, var version] || registry.Catalog.Resources.Any(r => r.Custom && r.Group == group && r.Version == version),
    };

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

    /// <summary>How the plain document is sent; null: the aggregated one. The first clause that can be served wins, as everywhere. Who takes protobuf alone gets JSON.</summary>
    /// <exception cref="Machinery.Errors.StatusException">406: nothing that the client takes can be sent; of the aggregated one there is version 2 alone.</exception>
    private static Negotiated? Negotiate(HttpRequest request, string path)
    {
        var accept = request.Headers.Accept.ToString();
        foreach (var clause in AcceptHeader.Parse(accept))
        {
            if (clause is { Kind: "APIGroupDiscoveryList", Group: "apidiscovery.k8s.io", Version: "v2" } && clause.Takes("json") && path is "/api" or "/apis") return null;
            if (clause.Converts || clause.Stream.Length > 0) continue;
            if (clause.Takes("json") || clause.Takes("vnd.kubernetes.protobuf")) return new Negotiated(Representation.Object, "", WireFormat.Json, clause.Pretty || MediaType.IsPretty(request));
            if (clause.Takes("yaml")) return new Negotiated(Representation.Object, "", WireFormat.Yaml);
        }

        if (accept.Length > 0) throw MediaType.NotAcceptable($"only the following media types are accepted: {MediaType.All}");
        return new Negotiated(Representation.Object, "", WireFormat.Json, MediaType.IsPretty(request));
    }

    private sealed record Made(ResourceCatalog Catalog, DiscoveryDocuments Documents);
}
