using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Dovetail.ApiServer.Http;

/// <summary>How authentication and authorisation of requests went, under upstream's names.</summary>
internal sealed class AccessMetrics
{
    /// <summary>Seconds; upstream's: 1 ms doubled 14 times.</summary>
    private static readonly double[] Bounds = [.. Enumerable.Range(0, 15).Select(i => 0.001 * (1 << i))];

    private readonly Outcome[] authentication = [new("success"), new("failure"), new("error")];
    private readonly Outcome[] authorization = [new("allowed"), new("denied"), new("no-opinion"), new("error")];

    public void Authenticated(bool known, long startedAt) => authentication[known ? 0 : 1].Observe(startedAt);

    public void Authorized(bool allowed, long startedAt) => authorization[allowed ? 0 : 2].Observe(startedAt);

    public void Render(StringBuilder text)
    {
        Render(text, "authentication_attempts", "authentication_duration_seconds", authentication);
        Render(text, "authorization_attempts_total", "authorization_duration_seconds", authorization);
    }

    private static void Render(StringBuilder text, string attempts, string duration, Outcome[] outcomes)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {attempts} Requests by how it went.\n# TYPE {attempts} counter\n");
        foreach (var outcome in outcomes.Where(o => o.Count > 0)) text.Append(CultureInfo.InvariantCulture, $"{attempts}{{{outcome.Labels}}} {outcome.Count}\n");
        text.Append(CultureInfo.InvariantCulture, $"# HELP {duration} Time that it took.\n# TYPE {duration} histogram\n");
        foreach (var outcome in outcomes.Where(o => o.Count > 0)) outcome.Durations.Render(text, duration, outcome.Labels);
    }

    private sealed class Outcome(string result)
    {
        private long count;

        public string Labels => $"result=\"{result}\"";

        public long Count => Volatile.Read(ref count);

        public Histogram Durations { get; } = new(Bounds);

        public void Observe(long startedAt)
        {
            Interlocked.Increment(ref count);
            Durations.Observe(Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
        }
    }
}
