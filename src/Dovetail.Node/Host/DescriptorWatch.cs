using System.Collections.Concurrent;

namespace Dovetail.Node.Host;

/// <summary>Tells when descriptors can be read or written: one thread waits on all of them, nothing is polled.</summary>
internal sealed class DescriptorWatch : IDisposable
{
    private const int WakeMilliseconds = -1;
    private readonly ConcurrentDictionary<int, TaskCompletionSource> waiting = new();
    private readonly int epoll = Native.EpollCreate();
    private readonly Thread thread;

    public DescriptorWatch(string name)
    {
        thread = new Thread(Loop, maxStackSize: 128 * 1024) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>Completes when the descriptor can be read (<see cref="Native.Epollin"/>) or written (<see cref="Native.Epollout"/>) or its other side is gone. One wait a descriptor at a time.</summary>
    public async Task WaitAsync(int descriptor, int events, CancellationToken ct)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[descriptor] = ready;
        try
        {
            Native.EpollAdd(epoll, descriptor, events);
            await ready.Task.WaitAsync(ct);
        }
        finally
        {
            waiting.TryRemove(descriptor, out _);
            Native.EpollRemove(epoll, descriptor);
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
                // Level-triggered: taken out before the waiter gets round to it.
                Native.EpollRemove(epoll, events[i].Fd);
                if (waiting.TryGetValue(events[i].Fd, out var ready)) ready.TrySetResult();
            }
        }
    }
}
