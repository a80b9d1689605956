using System.Collections.Concurrent;

namespace Dovetail.Node.Host;

/// <summary>Tells when processes end, also those that are not our children: one thread waits on all their pidfds, nothing is polled.</summary>
internal sealed class ProcessWatch : IDisposable
{
    private const int WakeMilliseconds = -1;
    private readonly ConcurrentDictionary<int, TaskCompletionSource> waiting = new();
    private readonly int epoll = Native.EpollCreate();
    private readonly Thread thread;

    public ProcessWatch()
    {
        thread = new Thread(Loop, maxStackSize: 128 * 1024) { IsBackground = true, Name = "process-watch" };
        thread.Start();
    }

    /// <summary>Completes when the process has ended; at once when it is gone already. Cancelling stops the watching.</summary>
    public async Task WaitForExitAsync(ProcessId process, CancellationToken ct)
    {
        var pidfd = Native.PidfdOpen(process.Pid);
        if (pidfd < 0) return;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[pidfd] = ended;
        try
        {
            if (!process.IsAlive) return;
            Native.EpollAdd(epoll, pidfd);
            await ended.Task.WaitAsync(ct);
        }
        finally
        {
            waiting.TryRemove(pidfd, out _);
            Native.EpollRemove(epoll, pidfd);
            Native.CloseFd(pidfd);
        }
    }

    /// <summary>Ends the watching of everything; the thread is a background one and holds nothing but the epoll descriptor, which the process's end closes.</summary>
    public void Dispose()
    {
        foreach (var waiting in waiting.Values) waiting.TrySetCanceled();
    }

    private void Loop()
    {
        var events = new Native.EpollEvent[16];
        while (true)
        {
            var count = Native.EpollWait(epoll, ref events[0], events.Length, WakeMilliseconds);
            for (var i = 0; i < count; i++)
            {
                // Level-triggered and readable for ever: taken out before the waiter gets round to closing it.
                Native.EpollRemove(epoll, events[i].Fd);
                if (waiting.TryGetValue(events[i].Fd, out var ended)) ended.TrySetResult();
            }
        }
    }
}
