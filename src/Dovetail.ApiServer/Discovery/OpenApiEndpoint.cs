using System.Globalization;
using Dovetail.ApiServer.Http;
using Dovetail.Machinery.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Discovery;

/// <summary><c>/openapi/v2</c> and <c>/openapi/v3</c>. The index of version 3 names each document by its hash: asked for by that name it never changes, and a name that is out of date leads to the present one.</summary>
internal static class OpenApiEndpoint
{
    private const string AnyType = "*/*";
    private const string Prefix = "/openapi/v3/";

    /// <summary>Asked for with "@v1.0" or ".v1.0", answered with the latter: Go's media type parser takes no "@".</summary>
    private const string ProtobufV2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    /// <summary>False when there is no such document.</summary>
    public static async Task<bool> TryHandleAsync(HttpContext context, string path, OpenApiCatalog catalog, TimeProvider time)
    {
        var accepted = Accepted(context.Request);
        if (path == "/openapi/v2")
        {
            if (accepted == ProtobufV2) await WriteAsync(context, ProtobufV2, catalog.V2Protobuf);
            else if (accepted == MediaType.Json) await WriteAsync(context, MediaType.Json, catalog.V2);
            else context.Response.StatusCode = StatusCodes.Status406NotAcceptable;
            return true;
        }

        var document = path == "/openapi/v3" ? catalog.Index : path.StartsWith(Prefix, StringComparison.Ordinal) ? catalog.Find(path[Prefix.Length..]) : null;
        if (document is null) return false;
        if (accepted != MediaType.Json) context.Response.StatusCode = StatusCodes.Status406NotAcceptable;
        else if (!Redirected(context, path, document, time)) await WriteAsync(context, MediaType.Json, document);
        return true;
    }

    private static bool Redirected(HttpContext context, string path, OpenApiDocument document, TimeProvider time)
    {
        if (QueryOptions.Text(context.Request.Query, "hash") is not { Length: > 0 } hash) return false;
        if (hash != document.Hash)
        {
            context.Response.Redirect($"{path}?hash={document.Hash}", permanent: true);
            return true;
        }

        context.Response.Headers.CacheControl = "public, immutable";
        context.Response.Headers.Expires = time.GetUtcNow().AddYears(1).ToString("R", CultureInfo.InvariantCulture);
        return false;
    }

    /// <summary>Documents are kept compressed; a client that does not take them so gets them unpacked.</summary>
    private static async Task WriteAsync(HttpContext context, string contentType, OpenApiDocument document)
    {
        var (request, response) = (context.Request, context.Response);
        var tag = $"\"{document.Hash}\"";
        response.Headers.ETag = tag;
        response.Headers.Vary = "Accept, Accept-Encoding";
        if (request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = contentType;
        var packed = ResponseWriter.AcceptsGzip(request);
        var body = packed ? document.Gzip : document.Bytes();
        if (packed) response.Headers.ContentEncoding = "gzip";
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(request.Method)) await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The first type of the client's that there is: JSON, protobuf of version 2, or "".</summary>
    private static string Accepted(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        if (accept.Length == 0) return MediaType.Json;
        foreach (var clause in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (MediaType.Bare(clause))
            {
                case MediaType.Json or AnyType or "application/*":
                    return MediaType.Json;
                case ProtobufV2 or "application/com.github.proto-openapi.spec.v2@v1.0+protobuf":
                    return ProtobufV2;
            }
        }

        return "";
    }
}
