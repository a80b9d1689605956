using System.Buffers;
using Dovetail.ApiServer.Registry;
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

    private static Machinery.Errors.StatusException TooLarge() => Refusals.TooLarge($"Request entity too large: limit is {MaxBytes}");
}
