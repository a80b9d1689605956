using Dovetail.ApiServer.Registry;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Bounds what is in flight: reads and writes apart, watches not counted, as upstream's <c>--max-requests-inflight</c>. What comes on top is told to come back.</summary>
internal sealed class RequestGate(int maxReads, int maxWrites)
{
    private int reads;
    private int writes;

    public (int Reads, int Writes) InFlight => (Volatile.Read(ref reads), Volatile.Read(ref writes));

    /// <summary>The place is given back by disposing of it.</summary>
    /// <exception cref="Machinery.Errors.StatusException">429.</exception>
    public Place Enter(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            if (IsLongRunning(request)) return default;
            if (Interlocked.Increment(ref reads) <= maxReads) return new(this, write: false);
            Interlocked.Decrement(ref reads);
        }
        else
        {
            if (Interlocked.Increment(ref writes) <= maxWrites) return new(this, write: true);
            Interlocked.Decrement(ref writes);
        }

        throw Refusals.TooManyRequests("too many requests, please try again later.", 1);
    }

    private static bool IsLongRunning(HttpRequest request) =>
        (request.QueryString.HasValue && QueryOptions.Flag(request.Query, "watch")) || request.Headers.ContainsKey("Upgrade") || request.Headers.ContainsKey(":protocol");

    public readonly struct Place(RequestGate gate, bool write) : IDisposable
    {
        public void Dispose()
        {
            if (gate is null) return;
            if (write) Interlocked.Decrement(ref gate.writes);
            else Interlocked.Decrement(ref gate.reads);
        }
    }
}
