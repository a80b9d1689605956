namespace Dovetail.Virt.VirtController;

/// <summary>Time and chance as the controllers' facts carry them.</summary>
public sealed class VirtControllerClock(TimeProvider time, Random random)
{
    /// <summary>UTC, whole seconds: what an object's times can hold.</summary>
    public DateTime Now
    {
        get
        {
            var now = time.GetUtcNow().UtcDateTime;
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        }
    }

    /// <summary>In [0, 1).</summary>
    public double Jitter() => random.NextDouble();
}
