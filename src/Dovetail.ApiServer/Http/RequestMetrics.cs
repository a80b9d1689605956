using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Dovetail.ApiServer.Http;

/// <summary>What a request is counted as, under upstream's labels (apiserver, <c>endpoints/metrics</c>).</summary>
/// <param name="Verb">GET, LIST, WATCH, POST, PUT, PATCH, APPLY, DELETE, DELETECOLLECTION, CONNECT, or the method for what is no resource.</param>
/// <param name="Group">"" for the core group and for what is no resource.</param>
/// <param name="Version">v1.</param>
/// <param name="Resource">The plural; "" for what is no resource, and for what is not served, or anybody could make as many series as he likes.</param>
/// <param name="Subresource">"" for the object itself; for what is no resource the path, as far as it is known.</param>
/// <param name="Scope">resource, namespace, cluster, or "".</param>
/// <param name="DryRun">Nothing was to be written.</param>
internal readonly record struct RequestKind(string Verb, string Group, string Version, string Resource, string Subresource, string Scope, bool DryRun);

/// <summary>Counts requests by kind and code. Counting takes a lookup and no memory; text is made when somebody asks.</summary>
internal sealed class RequestMetrics
{
    /// <summary>The histogram of service levels leaves the first two bounds out.</summary>
    private const int SliFrom = 2;

    /// <summary>Bytes; upstream's.</summary>
    private static readonly double[] SizeBounds = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

    /// <summary>Seconds; upstream's.</summary>
    private static readonly double[] Bounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

    private readonly ConcurrentDictionary<(RequestKind Kind, int Code), Counter> totals = new();
    private readonly ConcurrentDictionary<RequestKind, Histogram> durations = new();
    private readonly ConcurrentDictionary<RequestKind, Histogram> sizes = new();
    private readonly ConcurrentDictionary<RequestKind, Counter> running = new();
    private readonly ConcurrentDictionary<(string Group, string Version, string Resource), Counter> watchEvents = new();

    /// <summary>How authentication and authorisation went.</summary>
    public AccessMetrics Access { get; } = new();

    /// <summary>A request that has ended; those that run long have no duration.</summary>
    /// <param name="kind">What it was.</param>
    /// <param name="code">Of the answer.</param>
    /// <param name="startedAt">A stamp of <see cref="Stopwatch"/>.</param>
    /// <param name="longRunning">A watch or a stream.</param>
    /// <param name="bytes">Of the answer's body; null where nobody counted.</param>
    public void Ended(RequestKind kind, int code, long startedAt, bool longRunning, long? bytes)
    {
        totals.GetOrAdd((kind, code), static _ => new Counter()).Add(1);
        if (longRunning) return;
        durations.GetOrAdd(kind with { DryRun = false }, static _ => new Histogram(Bounds)).Observe(Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
        if (bytes is { } size && kind.Verb is "GET" or "LIST") sizes.GetOrAdd(kind with { DryRun = false }, static _ => new Histogram(SizeBounds)).Observe(size);
    }

    /// <summary>A watch or a stream begins (+1) or ends (-1).</summary>
    public void LongRunning(RequestKind kind, int by) => running.GetOrAdd(kind with { DryRun = false }, static _ => new Counter()).Add(by);

    /// <summary>Where a watch counts its events.</summary>
    public Counter WatchEvents(string group, string version, string resource) => watchEvents.GetOrAdd((group, version, resource), static _ => new Counter());

    public void Render(StringBuilder text)
    {
        Access.Render(text);
        text.Append("# HELP apiserver_request_total Requests by verb, resource and code.\n# TYPE apiserver_request_total counter\n");
        foreach (var ((kind, code), counter) in totals)
            Line(text, "apiserver_request_total", $"code=\"{code}\",component=\"{Component(kind)}\",dry_run=\"{(kind.DryRun ? "All" : "")}\",{Labels(kind, "system_client=\"\",")}", counter.Value);
        text.Append("# HELP apiserver_request_duration_seconds Time from the first byte of a request to the last of its answer.\n# TYPE apiserver_request_duration_seconds histogram\n");
        foreach (var (kind, histogram) in durations) histogram.Render(text, "apiserver_request_duration_seconds", $"component=\"{Component(kind)}\",dry_run=\"\",{Labels(kind)}");
        // No webhook takes part: the time that the server answers for is all of it.
        text.Append("# HELP apiserver_request_sli_duration_seconds Time of a request without what others took for it.\n# TYPE apiserver_request_sli_duration_seconds histogram\n");
        foreach (var (kind, histogram) in durations) histogram.Render(text, "apiserver_request_sli_duration_seconds", $"component=\"{Component(kind)}\",{Labels(kind)}", SliFrom);
        text.Append("# HELP apiserver_response_sizes Bytes of the bodies of answers.\n# TYPE apiserver_response_sizes histogram\n");
        foreach (var (kind, histogram) in sizes) histogram.Render(text, "apiserver_response_sizes", $"component=\"{Component(kind)}\",{Labels(kind)}");
        text.Append("# HELP apiserver_longrunning_requests Watches and streams that are open.\n# TYPE apiserver_longrunning_requests gauge\n");
        foreach (var (kind, counter) in running) Line(text, "apiserver_longrunning_requests", $"component=\"{Component(kind)}\",{Labels(kind)}", counter.Value);
        text.Append("# HELP apiserver_watch_events_total Events sent to watchers.\n# TYPE apiserver_watch_events_total counter\n");
        foreach (var ((group, version, resource), counter) in watchEvents) Line(text, "apiserver_watch_events_total", $"group=\"{group}\",resource=\"{resource}\",version=\"{version}\"", counter.Value);
    }

    /// <summary>Paths that are no resource have none.</summary>
    private static string Component(RequestKind kind) => kind.Resource.Length > 0 ? "apiserver" : "";

    private static void Line(StringBuilder text, string name, string labels, long value) => text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {value}\n");

    /// <param name="kind">Whose labels.</param>
    /// <param name="between">One that stands there in the order of the alphabet.</param>
    private static string Labels(RequestKind kind, string between = "") =>
        $"group=\"{kind.Group}\",resource=\"{kind.Resource}\",scope=\"{kind.Scope}\",subresource=\"{kind.Subresource}\",{between}verb=\"{kind.Verb}\",version=\"{kind.Version}\"";

    /// <summary>A number that many add to.</summary>
    internal sealed class Counter
    {
        private long value;

        public long Value => Volatile.Read(ref value);

        public void Add(long by) => Interlocked.Add(ref value, by);
    }
}
