using Dovetail.Machinery.Endpoints;

namespace Dovetail.Simulation.Tests.Faults;

/// <summary>The connection of one watch: the server's process puts events in, the client's takes them out; either may be gone before the other.</summary>
internal sealed class WatchStream : IDisposable
{
    private readonly Queue<ObjectEvent> events = [];
    private TaskCompletionSource? waiting;
    private Exception? failure;
    private bool ended;
    private bool closed;

    /// <summary>The server's side. A client that has gone is noticed with the next event.</summary>
    public async Task FeedAsync(IAsyncEnumerable<ObjectEvent> source)
    {
        try
        {
            await foreach (var change in source)
            {
                if (closed) return;
                events.Enqueue(change);
                waiting?.TrySetResult();
            }

            ended = true;
        }
        catch (Exception refusal)
        {
            failure = refusal;
        }

        waiting?.TrySetResult();
    }

    /// <summary>The connection is no more; what was under way is lost.</summary>
    public void Break(Exception cause)
    {
        events.Clear();
        failure = cause;
        waiting?.TrySetResult();
    }

    /// <summary>The client's side: the next event, or null when the server has ended the watch.</summary>
    public async ValueTask<ObjectEvent?> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            if (events.TryDequeue(out var change)) return change;
            if (failure is not null) throw failure;
            if (ended) return null;
            waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var cancelled = ct.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiting);
            await waiting.Task;
        }
    }

    public void Dispose() => closed = true;
}
