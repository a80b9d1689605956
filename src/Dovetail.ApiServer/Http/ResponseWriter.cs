using System.Buffers;
using System.Globalization;
using System.IO.Compression;
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
        var packs = AcceptsGzip(context.Request);
        if (packs) SayPacked(context);
        var pieces = await StartAsync(context);
        if (packs)
        {
            using var packed = new GzipWriter(pieces);
            await StreamAsync(packed, pieces, body, context.RequestAborted);
        }
        else
        {
            await StreamAsync(pieces, pieces, body, context.RequestAborted);
        }

        await pieces.FlushAsync(context.RequestAborted);
    }

    /// <summary>A list in protobuf.</summary>
    public static async Task WriteListAsync(HttpContext context, EnvelopedList list)
    {
        context.Response.StatusCode = 200;
        context.Response.ContentType = MediaType.Protobuf;
        if (list.Length > GzipThreshold && AcceptsGzip(context.Request))
        {
            await using var packed = Pack(context);
            foreach (var piece in list.Pieces) await packed.WriteAsync(piece, context.RequestAborted);
            return;
        }

        context.Response.ContentLength = list.Length;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        var output = await StartAsync(context);
        foreach (var piece in list.Pieces)
        {
            for (var rest = piece; !rest.IsEmpty;)
            {
                var part = rest[..Math.Min(rest.Length, PieceWriter.PieceBytes)];
                output.Write(part.Span);
                rest = rest[part.Length..];
                if (output.IsFull) await output.FlushAsync(context.RequestAborted);
            }
        }

        await output.FlushAsync(context.RequestAborted);
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

    /// <summary>The response's pipe may be written to in pieces once the head is on its way.</summary>
    private static async ValueTask<PieceWriter> StartAsync(HttpContext context)
    {
        await context.Response.StartAsync(context.RequestAborted);
        return new PieceWriter(context.Response.BodyWriter);
    }

    private static GZipStream Pack(HttpContext context)
    {
        SayPacked(context);
        return new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
    }

    private static void SayPacked(HttpContext context)
    {
        context.Response.Headers.ContentEncoding = "gzip";
        context.Response.Headers.Append("Vary", "Accept-Encoding");
    }

    /// <summary>Renders into <paramref name="output"/> and sends what has come to <paramref name="pieces"/> whenever it is worth it. The last of it is left to the caller.</summary>
    private static async Task StreamAsync(IBufferWriter<byte> output, PieceWriter pieces, ListBody body, CancellationToken ct)
    {
        body.Start(output);
        var first = true;
        foreach (var item in body.Listing.Items)
        {
            body.Item(output, item, first);
            first = false;
            if (pieces.IsFull) await pieces.FlushAsync(ct);
        }

        body.End(output);
        output.Write("\n"u8);
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
