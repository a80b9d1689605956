namespace Dovetail.Runtime.Controllers;

/// <summary>A delay whose end by cancellation is an answer, not an exception.</summary>
public static class Pause
{
    /// <returns>False when it was cancelled.</returns>
    public static async Task<bool> ForAsync(TimeSpan delay, TimeProvider time, CancellationToken ct)
    {
        await Task.Delay(delay, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return !ct.IsCancellationRequested;
    }
}
