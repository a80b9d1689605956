using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Yaml;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Sends whole bodies: gzip when asked for and worth it, indented for <c>?pretty</c>.</summary>
internal static class ResponseWriter
{
    /// <summary>As upstream: smaller answers cost more to pack than to send.</summary>
    private const int GzipThreshold = 128 * 1024;

    public static async Task WriteAsync(HttpContext context, int code, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = code;
        response.ContentType = contentType;
        if (contentType == MediaType.Json && IsPretty(context.Request)) body = Indent(body);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            response.ContentLength = body.Length;
            return;
        }

        if (body.Length >= GzipThreshold && AcceptsGzip(context.Request))
        {
            await using var packed = Pack(context);
            await packed.WriteAsync(body, context.RequestAborted);
            return;
        }

        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>JSON, or YAML where that was negotiated.</summary>
    public static Task WriteAsync(HttpContext context, int code, Negotiated negotiated, ReadOnlyMemory<byte> body) =>
        WriteAsync(context, code, negotiated.ContentType, negotiated.Yaml ? Encoding.UTF8.GetBytes(JsonToYaml.Convert(body)) : body);

    /// <summary>A list, piece by piece when it is large: its memory does not depend on its length.</summary>
    public static async Task WriteListAsync(HttpContext context, Negotiated negotiated, ListBody body)
    {
        var request = context.Request;
        if (negotiated.Yaml || HttpMethods.IsHead(request.Method) || IsPretty(request) || !body.IsAtLeast(GzipThreshold))
        {
            await WriteAsync(context, 200, negotiated, body.Render());
            return;
        }

        context.Response.StatusCode = 200;
        context.Response.ContentType = negotiated.ContentType;
        if (!AcceptsGzip(request))
        {
            await context.Response.StartAsync(context.RequestAborted); // before its pipe may be written to in pieces
            await StreamAsync(context.Response.BodyWriter, body, context.RequestAborted);
            return;
        }

        await using var packed = Pack(context);
        var pipe = PipeWriter.Create(packed, new StreamPipeWriterOptions(leaveOpen: true));
        await StreamAsync(pipe, body, context.RequestAborted);
        await pipe.CompleteAsync();
    }

    public static Task WriteJsonAsync(HttpContext context, int code, ReadOnlyMemory<byte> body) => WriteAsync(context, code, MediaType.Json, body);

    public static Task WriteFailureAsync(HttpContext context, ApiStatus status)
    {
        if (status.RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return WriteJsonAsync(context, status.Code, StatusJson.Failure(status));
    }

    public static bool AcceptsGzip(HttpRequest request) => request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);

    /// <summary>The response's body behind a fast gzip; to be disposed of before the request ends.</summary>
    public static GZipStream Pack(HttpContext context)
    {
        context.Response.Headers.ContentEncoding = "gzip";
        context.Response.Headers.Append("Vary", "Accept-Encoding");
        return new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
    }

    private static async Task StreamAsync(PipeWriter pipe, ListBody body, CancellationToken ct)
    {
        var output = new PieceWriter(pipe);
        body.Start(output);
        var first = true;
        foreach (var item in body.Listing.Items)
        {
            body.Item(output, item, first);
            first = false;
            if (output.IsFull) await output.FlushAsync(ct);
        }

        body.End(output);
        await output.FlushAsync(ct);
    }

    private static bool IsPretty(HttpRequest request) => request.QueryString.HasValue && request.Query.TryGetValue("pretty", out var values) && values.ToString() is "" or "1" or "true";

    private static byte[] Indent(ReadOnlyMemory<byte> body)
    {
        using var stream = new MemoryStream(body.Length * 2);
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var node = JsonNode.Parse(body.Span, documentOptions: new JsonDocumentOptions { MaxDepth = JsonObjectReader.StoredDepth });
            if (node is null) writer.WriteNullValue();
            else node.WriteTo(writer);
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
