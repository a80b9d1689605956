using System.Globalization;
using System.Text;

namespace Dovetail.Runtime.Queue;

/// <summary>What a work queue has gone through. Written under the queue's own lock; a copy of it is a look at one moment.</summary>
public sealed record QueueMetrics
{
    /// <summary>Seconds; client-go's: 10 ns, ten times as much, nine times.</summary>
    private static readonly double[] Bounds = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

    /// <summary>Keys that wait for a worker.</summary>
    public int Depth { get; init; }

    public long Adds { get; init; }

    public long Retries { get; init; }

    /// <summary>How long the keys that are being worked on have been, together.</summary>
    public TimeSpan Unfinished { get; init; }

    public TimeSpan LongestRunning { get; init; }

    /// <summary>Time from being added to being taken.</summary>
    public Durations Waited { get; init; } = new();

    /// <summary>Time from being taken to being done.</summary>
    public Durations Worked { get; init; } = new();

    /// <summary>All queues, under client-go's names.</summary>
    public static void Render(StringBuilder text, IReadOnlyList<(string Name, QueueMetrics Metrics)> queues)
    {
        Each(text, queues, "workqueue_depth", "gauge", "Keys that wait for a worker.", m => m.Depth);
        Each(text, queues, "workqueue_adds_total", "counter", "Keys added.", m => m.Adds);
        Histogram(text, queues, "workqueue_queue_duration_seconds", "Time that a key waits before it is taken.", m => m.Waited);
        Histogram(text, queues, "workqueue_work_duration_seconds", "Time that the work on a key takes.", m => m.Worked);
        Each(text, queues, "workqueue_unfinished_work_seconds", "gauge", "How long the work that goes on has taken, all of it together.", m => m.Unfinished.TotalSeconds);
        Each(text, queues, "workqueue_longest_running_processor_seconds", "gauge", "How long the longest work that goes on has taken.", m => m.LongestRunning.TotalSeconds);
        Each(text, queues, "workqueue_retries_total", "counter", "Keys added with a delay.", m => m.Retries);
    }

    private static void Each(StringBuilder text, IReadOnlyList<(string Name, QueueMetrics Metrics)> queues, string name, string type, string help, Func<QueueMetrics, double> value)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach (var (queue, metrics) in queues) text.Append(CultureInfo.InvariantCulture, $"{name}{{name=\"{queue}\"}} {value(metrics)}\n");
    }

    private static void Histogram(StringBuilder text, IReadOnlyList<(string Name, QueueMetrics Metrics)> queues, string name, string help, Func<QueueMetrics, Durations> durations)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} histogram\n");
        foreach (var (queue, metrics) in queues) durations(metrics).Render(text, name, queue);
    }

    /// <summary>A histogram of times.</summary>
    public sealed class Durations
    {
        private readonly long[] buckets = new long[Bounds.Length + 1];
        private double seconds;

        public Durations()
        {
        }

        private Durations(Durations other)
        {
            buckets = [.. other.buckets];
            seconds = other.seconds;
        }

        public long Count => buckets.Sum();

        public void Observe(TimeSpan time)
        {
            var at = 0;
            while (at < Bounds.Length && time.TotalSeconds > Bounds[at]) at++;
            buckets[at]++;
            seconds += time.TotalSeconds;
        }

        public Durations Copy() => new(this);

        internal void Render(StringBuilder text, string name, string queue)
        {
            var count = 0L;
            for (var i = 0; i <= Bounds.Length; i++)
            {
                count += buckets[i];
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{name=\"{queue}\",le=\"{(i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf")}\"}} {count}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{name=\"{queue}\"}} {seconds}\n{name}_count{{name=\"{queue}\"}} {count}\n");
        }
    }
}
