using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Http;

/// <summary>Looks at requests as they pass: metrics, the access log, and a line for what was slow.</summary>
internal sealed class RequestWatch(RequestGate gate, RequestMetrics metrics, ILogger<FrontDoor> log, LogLevel accessLevel)
{
    /// <summary>From here on a request is told as slow, with what else was going on.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    public RequestGate Gate => gate;

    public ILogger Log => log;

    public AccessMetrics Access => metrics.Access;

    public Watched Begin(HttpContext context, RequestKind kind, bool longRunning)
    {
        if (longRunning) metrics.LongRunning(kind, 1);
        return new Watched(this, context, kind, longRunning);
    }

    private void End(Watched watched)
    {
        var code = watched.Context.Response.StatusCode;
        metrics.Ended(watched.Kind, code, watched.StartedAt, watched.LongRunning, watched.Context.Response.ContentLength);
        if (watched.LongRunning) metrics.LongRunning(watched.Kind, -1);
        var slow = !watched.LongRunning && Stopwatch.GetElapsedTime(watched.StartedAt) > Slow;
        if (!slow && !log.IsEnabled(accessLevel)) return;
        var milliseconds = Math.Round(Stopwatch.GetElapsedTime(watched.StartedAt).TotalMilliseconds, 3);
        var request = watched.Context.Request;
        var audit = watched.Context.Response.Headers["Audit-Id"].ToString();
        // What is proxied may carry anything in its query, and the query of exec is a command, passwords in it included.
        var uri = watched.Kind.Verb == "CONNECT" || watched.Kind.Subresource == "proxy" ? request.Path.Value! : request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        FrontDoorLog.Served(log, accessLevel, watched.Kind.Verb, uri, watched.User, request.Headers.UserAgent.ToString(), code, milliseconds, audit);
        if (!slow) return;
        var (reads, writes) = gate.InFlight;
        FrontDoorLog.Slow(log, watched.Kind.Verb, uri, watched.User, milliseconds, code, reads, writes, gate.BytesInFlight, audit);
    }

    /// <summary>A request on its way.</summary>
    internal struct Watched(RequestWatch owner, HttpContext context, RequestKind kind, bool longRunning)
    {
        public HttpContext Context { get; } = context;

        public RequestKind Kind { get; } = kind;

        public bool LongRunning { get; } = longRunning;

        public long StartedAt { get; } = Stopwatch.GetTimestamp();

        /// <summary>Who asks, once it is known.</summary>
        public string User { get; set; } = "";

        public readonly void End() => owner.End(this);
    }
}
