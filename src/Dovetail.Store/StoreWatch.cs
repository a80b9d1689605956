using System.Threading.Tasks.Sources;

namespace Dovetail.Store;

/// <summary>A watch of the event log, and of history when it has fallen behind. Thousands of idle ones are kept, so it is a single object that is its own place in the queue and its own task;
/// while it waits it holds nothing of the log.</summary>
internal sealed class StoreWatch : IStoreWatch, IValueTaskSource
{
    private readonly RevisionState _state;
    private readonly string? _resource;
    private ManualResetValueTaskSourceCore<bool> _source;
    private EventNode? _node; // the last one that was read; null: to be found by the revision
    private long _revision; // nothing up to here is left to read
    private long _told; // nothing up to here is left that the reader has not heard of
    private bool _waited;

    public StoreWatch(RevisionState state, string? resource, long fromRevision)
    {
        (_state, _resource, _revision) = (state, resource, fromRevision);
        _source.RunContinuationsAsynchronously = !state.Log.WakesOnPool; // there they run on the pool already
    }

    /// <summary>The list of the log in which it waits; null while it does not. This and what follows belong to the log's gate.</summary>
    public WatchQueue? Queue { get; set; }

    public StoreWatch? Before { get; set; }

    public StoreWatch? After { get; set; }

    /// <summary>It was woken since it was last asked.</summary>
    public bool Pending { get; set; }

    /// <summary>Where it goes on: nothing before the end of this node concerned it. Null when the log was closed.</summary>
    public EventNode? Resume { get; set; }

    public bool TryRead(out EventBatch batch)
    {
        if (_waited)
        {
            _waited = false;
            _node = Resume ?? throw new ObjectDisposedException(nameof(IRevisionStore));
            Resume = null;
            _told = _revision = Math.Max(_revision, _node.Revision);
            if (_state.Log.WasWoken(this)) return Tell(out batch);
        }

        while (true)
        {
            if (_node is null)
            {
                _state.ThrowIfCompacted(_revision);
                _node = _state.Log.FindNode(_revision);
                if (_node is null) return ReadHistory(out batch);
                _told = _revision;
            }

            if (_node.Next is { } next)
            {
                var events = next.Matching(_resource, _revision);
                _node = next;
                _revision = Math.Max(_revision, next.Revision);
                if (events.IsEmpty) continue;
                _told = _revision;
                batch = new(events, _revision);
                return true;
            }

            if (_node.Dropped)
            {
                _node = null; // too slow for the log: history goes on from here
                continue;
            }

            if (_told < _revision) return Tell(out batch);
            batch = default;
            return false;
        }
    }

    public ValueTask WaitAsync()
    {
        _waited = true;
        var waits = _state.Log.Waits(_node!, _resource, this);
        _node = null; // or an idle watch would keep what was last written when it fell asleep
        return waits ? new(this, _source.Version) : ValueTask.CompletedTask;
    }

    public void Wake() => _state.Log.Wake(this);

    public void Prepare() => _source.Reset();

    public void Fire() => _source.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);

    private bool Tell(out EventBatch batch)
    {
        _told = _revision;
        batch = new([], _revision);
        return true;
    }

    private bool ReadHistory(out EventBatch batch)
    {
        batch = _state.History(_resource, _revision, _state.Current.Revision);
        _revision = batch.Revision;
        return true;
    }
}

/// <summary>The watches that wait for one resource, in the order in which they came.</summary>
internal sealed class WatchQueue
{
    private StoreWatch? _first;
    private StoreWatch? _last;

    public void Add(StoreWatch watch)
    {
        watch.Queue = this;
        watch.Before = _last;
        if (_last is null) _first = watch;
        else _last.After = watch;
        _last = watch;
    }

    public void Remove(StoreWatch watch)
    {
        if (watch.Before is null) _first = watch.After;
        else watch.Before.After = watch.After;
        if (watch.After is null) _last = watch.Before;
        else watch.After.Before = watch.Before;
        watch.Queue = null;
        watch.Before = watch.After = null;
    }

    /// <summary>Takes all of them out; each goes on from <paramref name="resume"/>.</summary>
    public void TakeAll(EventNode? resume, List<StoreWatch> taken)
    {
        for (var watch = _first; watch is not null;)
        {
            var next = watch.After;
            watch.Queue = null;
            watch.Before = watch.After = null;
            watch.Resume = resume;
            taken.Add(watch);
            watch = next;
        }

        _first = _last = null;
    }
}
