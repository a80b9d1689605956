using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>
/// Starts that fail before the guest ever runs are spaced out: 10 s × n² after the n-th in a row, up to half of that more at random, never more than 300 s.
/// A VMI counts once, by its uid.
/// </summary>
public static class StartBackoff
{
    private const double FirstSeconds = 10;
    private const double MaxSeconds = 300;

    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="jitter">In [0, 1).</param>
    public static TimeSpan Delay(long failures, double jitter)
    {
        var seconds = Math.Min(FirstSeconds * failures * failures, MaxSeconds);
        return TimeSpan.FromSeconds(Math.Min(seconds + (seconds / 2 * jitter), MaxSeconds));
    }

    /// <summary>status.startFailure as it should be now.</summary>
    public static VirtualMachineStartFailure? Next(VmFacts facts)
    {
        var known = facts.Status.StartFailure;
        // Who stops a guest that is still starting, or one that keeps failing, has no failure to wait for.
        if (facts.StopRequested) return null;
        // A guest that has shut down in order was started, however short its run; only one that is to run always is held back by it.
        if (facts.Vmi?.Status?.Phase == VmiPhases.Succeeded && facts.RunStrategy != RunStrategies.Always) return null;
        if (facts.RunStrategy is not (RunStrategies.Always or RunStrategies.RerunOnFailure or RunStrategies.Once) || facts.HasRun) return null;
        if (!facts.VmiFinal || known?.LastFailedVMIUID == facts.VmiUid) return known;
        var failures = (known?.ConsecutiveFailCount ?? 0) + 1;
        return new()
        {
            ConsecutiveFailCount = failures,
            LastFailedVMIUID = facts.VmiUid,
            // Times in objects have whole seconds; rounding up keeps the delay.
            RetryAfterTimestamp = CeilingToSecond(facts.Now + Delay(failures, facts.Jitter)),
        };
    }

    /// <summary>How long a start still has to wait. A time that is further off than the longest delay was written by a clock that has been set back since: it holds nobody up.</summary>
    public static TimeSpan Remaining(VirtualMachineStartFailure? failure, DateTime now)
    {
        if (failure?.RetryAfterTimestamp is not { } due || due <= now) return TimeSpan.Zero;
        var left = due - now;
        return left <= TimeSpan.FromSeconds(MaxSeconds + 1) ? left : TimeSpan.Zero;
    }

    private static DateTime CeilingToSecond(DateTime time)
    {
        var rest = time.Ticks % TimeSpan.TicksPerSecond;
        return rest == 0 ? time : time.AddTicks(TimeSpan.TicksPerSecond - rest);
    }
}
