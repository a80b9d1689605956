using System.Buffers;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Protobuf;
using Dovetail.Machinery.Yaml;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Reads a request's body, up to upstream's limit of 3 MiB.</summary>
internal static class RequestBody
{
    public const int MaxBytes = 3 * 1024 * 1024;

    /// <exception cref="Machinery.Errors.StatusException">413: the body is larger.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > MaxBytes) throw TooLarge();
        if (request.ContentLength is { } length and > 0)
        {
            var exact = GC.AllocateUninitializedArray<byte>((int)length);
            await request.Body.ReadExactlyAsync(exact, ct);
            return exact;
        }

        var buffer = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var count = await request.Body.ReadAsync(buffer.GetMemory(4096), ct);
            if (count == 0) return buffer.WrittenMemory;
            buffer.Advance(count);
            if (buffer.WrittenCount > MaxBytes) throw TooLarge();
        }
    }

    /// <summary>A body of a content type as JSON. JSON is YAML too, and is passed on as it is.</summary>
    /// <exception cref="Machinery.Errors.StatusException">400: it cannot be read as what it is said to be.</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> body, string contentType, List<string>? findings = null)
    {
        if (contentType == MediaType.Protobuf) return FromProtobuf(body.Span);
        if (contentType != "application/yaml" || (body.Length > 0 && body.Span[0] == '{')) return body;
        try
        {
            return YamlToJson.Convert(body.Span, findings);
        }
        catch (YamlFormatException e)
        {
            throw Refusals.BadRequest($"error decoding YAML: {e.Message}");
        }
    }

    /// <summary>client-go's typed clients, and so much of kubectl, write Kubernetes' own kinds in protobuf and do not fall back. Answers are JSON, which the same clients accept.</summary>
    private static ReadOnlyMemory<byte> FromProtobuf(ReadOnlySpan<byte> body)
    {
        try
        {
            return KubernetesProtobuf.ToJson(body);
        }
        catch (ProtobufFormatException e)
        {
            throw Refusals.BadRequest($"the object provided is unrecognized: {e.Message}");
        }
    }

    private static Machinery.Errors.StatusException TooLarge() => Refusals.TooLarge($"Request entity too large: limit is {MaxBytes}");
}
