using System.Threading.Tasks.Sources;

namespace Dovetail.Store;

/// <summary>Where one watch waits for what concerns it. Whoever watches may pass one of its own and <see cref="Wake"/> the watch, which then tells how far it is: that is how deadlines and
/// bookmarks come about without a task for each. It belongs to one watch and is used again for every wait, so that an idle watcher is small.</summary>
public sealed class WatchSignal : IValueTaskSource
{
    private readonly Lock _attaching = new();
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private EventLog? _log;

    /// <summary>The list of the log in which it waits; null while it does not. This and what follows belong to the log's gate.</summary>
    internal WatchQueue? Queue { get; set; }

    internal WatchSignal? Before { get; set; }

    internal WatchSignal? After { get; set; }

    /// <summary>It was woken while it did not wait.</summary>
    internal bool Pending { get; set; }

    /// <summary>Where the watch goes on: nothing before the end of this node concerned it. Null when the log was closed.</summary>
    internal EventNode? Resume { get; set; }

    /// <summary>Makes a waiting watch tell how far it has got; one that does not wait does so when it would.</summary>
    public void Wake()
    {
        EventLog? log;
        lock (_attaching)
        {
            log = _log;
            if (log is null) Pending = true; // the watch has not begun
        }

        log?.Wake(this);
    }

    internal void Attach(EventLog log)
    {
        lock (_attaching) _log = log;
    }

    internal ValueTask Task => new(this, _source.Version);

    internal void Prepare() => _source.Reset();

    internal void Fire() => _source.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);
}

/// <summary>The watches that wait for one resource, in the order in which they came.</summary>
internal sealed class WatchQueue
{
    private WatchSignal? _first;
    private WatchSignal? _last;

    public void Add(WatchSignal signal)
    {
        signal.Queue = this;
        signal.Before = _last;
        if (_last is null) _first = signal;
        else _last.After = signal;
        _last = signal;
    }

    public void Remove(WatchSignal signal)
    {
        if (signal.Before is null) _first = signal.After;
        else signal.Before.After = signal.After;
        if (signal.After is null) _last = signal.Before;
        else signal.After.Before = signal.Before;
        signal.Queue = null;
        signal.Before = signal.After = null;
    }

    /// <summary>Takes all of them out; each goes on from <paramref name="resume"/>.</summary>
    public void TakeAll(EventNode? resume, List<WatchSignal> taken)
    {
        for (var signal = _first; signal is not null;)
        {
            var next = signal.After;
            signal.Queue = null;
            signal.Before = signal.After = null;
            signal.Resume = resume;
            taken.Add(signal);
            signal = next;
        }

        _first = _last = null;
    }
}
