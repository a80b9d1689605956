using System.Globalization;
using System.Text;

namespace Dovetail.ApiServer.Http;

/// <summary>How often a number was how large; a histogram of Prometheus. Observing takes no lock.</summary>
/// <param name="bounds">The upper bounds, in the unit of what is observed.</param>
internal sealed class Histogram(double[] bounds)
{
    private readonly long[] buckets = new long[bounds.Length + 1];
    private long millionths;

    public void Observe(double value)
    {
        var at = 0;
        while (at < bounds.Length && value > bounds[at]) at++;
        Interlocked.Increment(ref buckets[at]);
        Interlocked.Add(ref millionths, (long)(value * 1e6));
    }

    /// <param name="text">Gets the lines.</param>
    /// <param name="name">The metric's.</param>
    /// <param name="labels">Without braces.</param>
    /// <param name="from">How many of the first bounds are left out.</param>
    public void Render(StringBuilder text, string name, string labels, int from = 0)
    {
        var count = 0L;
        for (var i = 0; i <= bounds.Length; i++)
        {
            count += Volatile.Read(ref buckets[i]);
            if (i >= from) text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{(i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf")}\"}} {count}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {Volatile.Read(ref millionths) / 1e6}\n{name}_count{{{labels}}} {count}\n");
    }
}
