using Dovetail.ApiServer.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.ApiServer.Http;

/// <summary>Bounds what is in flight: reads and writes apart, watches and streams not counted, as upstream's <c>--max-requests-inflight</c>; and the bytes of request bodies, so that many large ones do not add up
/// to more memory than there is. What comes on top is told to come back.</summary>
internal sealed class RequestGate(int maxReads, int maxWrites, long maxBodyBytes)
{
    /// <summary>What a body may become that does not say how long it is.</summary>
    private const int UnknownLength = RequestBody.MaxBytes;

    private int reads;
    private int writes;
    private long bytes;

    public (int Reads, int Writes) InFlight => (Volatile.Read(ref reads), Volatile.Read(ref writes));

    public long BytesInFlight => Volatile.Read(ref bytes);

    /// <summary>The place is given back by disposing of it.</summary>
    /// <exception cref="Machinery.Errors.StatusException">429.</exception>
    public Place Enter(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method))
        {
            if (Interlocked.Increment(ref reads) <= maxReads) return new(this, write: false, 0);
            Interlocked.Decrement(ref reads);
            throw Full();
        }

        // A body that is too long is refused before it is read.
        var size = request.ContentLength is { } length
            ? Math.Min(length, RequestBody.MaxBytes)
            : request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true ? UnknownLength : 0;
        if (Interlocked.Increment(ref writes) > maxWrites)
        {
            Interlocked.Decrement(ref writes);
            throw Full();
        }

        if (Interlocked.Add(ref bytes, size) <= maxBodyBytes) return new(this, write: true, size);
        Interlocked.Add(ref bytes, -size);
        Interlocked.Decrement(ref writes);
        throw Full();
    }

    private static Machinery.Errors.StatusException Full() => Refusals.TooManyRequests("too many requests, please try again later.", 1);

    public readonly struct Place(RequestGate gate, bool write, long size) : IDisposable
    {
        public void Dispose()
        {
            if (!write)
            {
                Interlocked.Decrement(ref gate.reads);
                return;
            }

            Interlocked.Decrement(ref gate.writes);
            Interlocked.Add(ref gate.bytes, -size);
        }
    }
}
