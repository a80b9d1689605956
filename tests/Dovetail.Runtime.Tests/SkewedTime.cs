using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Runtime.Tests;

/// <summary>A clock that goes as fast as another one but shows another time, and can be set; its timers and timestamps do not notice.</summary>
internal sealed class SkewedTime(FakeTimeProvider time) : TimeProvider
{
    public TimeSpan Error { get; set; }

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Error;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
