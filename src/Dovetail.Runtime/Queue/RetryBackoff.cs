namespace Dovetail.Runtime.Queue;

/// <summary>Exponential back-off: <see cref="First"/>, doubled each time, at most <see cref="Max"/>; up to <see cref="Jitter"/> of it is added at random.</summary>
public sealed record RetryBackoff
{
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan Max { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>0 none, 0.2 up to a fifth more.</summary>
    public double Jitter { get; init; } = 0.2;

    /// <summary>The delay before the next try after <paramref name="failures"/> failures in a row (1 or more).</summary>
    public TimeSpan Delay(int failures, Random random)
    {
        var ticks = Math.Min(First.Ticks * Math.Pow(2, Math.Min(failures - 1, 40)), Max.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (1 + (Jitter * random.NextDouble()))));
    }
}
