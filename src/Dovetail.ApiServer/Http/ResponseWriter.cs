using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Protobuf;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Yaml;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Sends whole bodies: gzip when asked for and worth it, indented for the eye. JSON ends with a line feed, as Go's encoder leaves one.</summary>
internal static class ResponseWriter
{
    /// <summary>As upstream: smaller answers cost more to pack than to send.</summary>
    private const int GzipThreshold = 128 * 1024;

    /// <summary>Up to here body and line feed are copied into the response's buffer at once.</summary>
    private const int SmallBody = 32 * 1024;

    private static readonly byte[] LineFeed = "\n"u8.ToArray();

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>JSON in the bytes that were negotiated; protobuf comes encoded.</summary>
    public static Task WriteAsync(HttpContext context, int code, Negotiated negotiated, ReadOnlyMemory<byte> body) => negotiated.Format switch
    {
        WireFormat.Json => SendAsync(context, code, MediaType.Json, negotiated.Pretty ? Indent(body) : body, lineFeed: true),
        WireFormat.Yaml => SendAsync(context, code, MediaType.Yaml, Encoding.UTF8.GetBytes(JsonToYaml.Convert(body)), lineFeed: false),
        WireFormat.Protobuf => SendAsync(context, code, MediaType.Protobuf, body, lineFeed: false),
    };

    /// <summary>A list, piece by piece when it is large: its memory does not depend on its length.</summary>
    public static async Task WriteListAsync(HttpContext context, Negotiated negotiated, ListBody body)
    {
        if (negotiated.Format != WireFormat.Json || negotiated.Pretty || !body.IsAtLeast(GzipThreshold))
        {
            await WriteAsync(context, 200, negotiated, body.Render());
            return;
        }

        context.Response.StatusCode = 200;
        context.Response.ContentType = negotiated.ContentType;
        if (!AcceptsGzip(context.Request))
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

    /// <summary>JSON for who wants JSON; in the same bytes, but for the indentation.</summary>
    public static Task WriteJsonAsync(HttpContext context, int code, ReadOnlyMemory<byte> body, string contentType = MediaType.Json) =>
        SendAsync(context, code, contentType, MediaType.ForFailure(context.Request).Pretty ? Indent(body) : body, lineFeed: true);

    public static Task WriteTextAsync(HttpContext context, int code, string text)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return SendAsync(context, code, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text), lineFeed: false);
    }

    public static Task WriteFailureAsync(HttpContext context, ApiStatus status)
    {
        if (status.RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        var negotiated = MediaType.ForFailure(context.Request);
        if (negotiated.Format != WireFormat.Protobuf) return WriteAsync(context, status.Code, negotiated, StatusJson.Failure(status));
        var buffer = new ArrayBufferWriter<byte>(512);
        ProtobufAnswers.Object(buffer, StatusJson.Failure(status));
        return WriteAsync(context, status.Code, negotiated, buffer.WrittenMemory);
    }

    /// <summary>Any bytes under any type.</summary>
    public static async Task SendAsync(HttpContext context, int code, string contentType, ReadOnlyMemory<byte> body, bool lineFeed)
    {
        var response = context.Response;
        response.StatusCode = code;
        response.ContentType = contentType;
        if (body.Length > GzipThreshold && AcceptsGzip(context.Request))
        {
            await using var packed = Pack(context);
            await packed.WriteAsync(body, context.RequestAborted);
            if (lineFeed) await packed.WriteAsync(LineFeed, context.RequestAborted);
            return;
        }

        response.ContentLength = body.Length + (lineFeed ? 1 : 0);
        if (HttpMethods.IsHead(context.Request.Method)) return;
        if (body.Length <= SmallBody)
        {
            var output = response.BodyWriter;
            output.Write(body.Span);
            if (lineFeed) output.Write("\n"u8);
            await output.FlushAsync(context.RequestAborted);
            return;
        }

        await response.Body.WriteAsync(body, context.RequestAborted);
        if (lineFeed) await response.Body.WriteAsync(LineFeed, context.RequestAborted);
    }

    private static GZipStream Pack(HttpContext context)
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
        output.Write("\n"u8);
        await output.FlushAsync(ct);
    }

    public static bool AcceptsGzip(HttpRequest request)
    {
        foreach (var token in request.Headers.AcceptEncoding.ToString().AsSpan().Split(','))
        {
            if (request.Headers.AcceptEncoding.ToString().AsSpan(token).Trim() is "gzip") return true;
        }

        return false;
    }

    private static byte[] Indent(ReadOnlyMemory<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length * 2);
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            var node = JsonNode.Parse(body.Span, documentOptions: new JsonDocumentOptions { MaxDepth = JsonObjectReader.StoredDepth });
            if (node is null) writer.WriteNullValue();
            else node.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
