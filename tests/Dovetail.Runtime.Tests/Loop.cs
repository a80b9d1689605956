namespace Dovetail.Runtime.Tests;

/// <summary>A synchronization context that a test pumps by hand, so that "nothing happens yet" can be asserted without waiting.</summary>
internal sealed class Loop : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> posted = new();

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (posted) posted.Enqueue((d, state));
    }

    /// <summary>Runs the action on the loop and then everything that follows from it, until all wait for something outside.</summary>
    public void Run(Action action)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
            while (TryTake(out var work)) work.Callback(work.State);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private bool TryTake(out (SendOrPostCallback Callback, object? State) work)
    {
        lock (posted) return posted.TryDequeue(out work);
    }
}
