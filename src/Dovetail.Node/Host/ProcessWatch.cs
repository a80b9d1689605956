namespace Dovetail.Node.Host;

/// <summary>Tells when processes end, also those that are not our children: by their pidfds, nothing is polled.</summary>
internal sealed class ProcessWatch : IDisposable
{
    private readonly DescriptorWatch watch = new("process-watch");

    /// <summary>Completes when the process has ended; at once when it is gone already. Cancelling stops the watching.</summary>
    public async Task WaitForExitAsync(ProcessId process, CancellationToken ct)
    {
        var pidfd = Native.PidfdOpen(process.Pid);
        if (pidfd < 0) return;
        try
        {
            if (process.IsAlive) await watch.WaitAsync(pidfd, Native.Epollin, ct);
        }
        finally
        {
            Native.CloseFd(pidfd);
        }
    }

    public void Dispose() => watch.Dispose();
}
