using System.Collections.Immutable;

namespace Dovetail.Store;

/// <summary>One commit's events. A watcher is a cursor on a node, so that slow watchers cost no buffers; a dropped node lets go of its successors, so that they pin no memory either.</summary>
internal sealed class EventNode(ImmutableArray<StoreEvent> events, long revision)
{
    private volatile EventNode? _next;
    private volatile bool _dropped;

    public ImmutableArray<StoreEvent> Events { get; } = events;

    /// <summary>The newest revision up to and including this node.</summary>
    public long Revision { get; } = revision;

    /// <summary>The following commit; null at the end of the log and on a dropped node.</summary>
    public EventNode? Next => _next;

    /// <summary>The log has forgotten what follows this node; read it from history.</summary>
    public bool Dropped => _dropped;

    /// <summary>The events of a resource (all when null) past a revision.</summary>
    public ImmutableArray<StoreEvent> Matching(string? resource, long after)
    {
        var matching = 0;
        foreach (var e in Events) matching += Concerns(e, resource, after) ? 1 : 0;
        if (matching == Events.Length) return Events;
        if (matching == 0) return [];
        var found = ImmutableArray.CreateBuilder<StoreEvent>(matching);
        foreach (var e in Events)
        {
            if (Concerns(e, resource, after)) found.Add(e);
        }

        return found.MoveToImmutable();
    }

    public void Link(EventNode next) => _next = next;

    public void Drop()
    {
        _dropped = true; // before the link goes: who sees no successor must see why
        _next = null;
    }

    private static bool Concerns(StoreEvent e, string? resource, long after) =>
        e.Revision > after && (resource is null || string.Equals(e.Object.Key.Resource, resource, StringComparison.Ordinal));
}

/// <summary>The recent events as a linked chain, bounded by count and bytes. Written by one writer, read by any number of watchers.</summary>
internal sealed class EventLog
{
    private const int GroupSize = 32; // watches that are woken one after the other

    private readonly Lock _gate = new();
    private readonly WatchQueue _waitingForAll = new();
    private readonly Dictionary<string, WatchQueue> _waiting = new(StringComparer.Ordinal); // by resource, so that a commit looks only at those whom it concerns
    private readonly int _maxEvents;
    private readonly long _maxBytes;
    private EventNode _oldest;
    private EventNode _newest;
    private int _events;
    private long _bytes;
    private bool _closed;

    /// <param name="revision">What is known of before the first event.</param>
    /// <param name="maxEvents">How many events are kept.</param>
    /// <param name="maxBytes">How many bytes of objects they may hold.</param>
    /// <param name="wakesOnPool">Whether watches go on on the thread pool, in groups; otherwise each goes on where it awaits.</param>
    public EventLog(long revision, int maxEvents, long maxBytes, bool wakesOnPool = false)
    {
        (_maxEvents, _maxBytes, WakesOnPool) = (maxEvents, maxBytes, wakesOnPool);
        _oldest = _newest = new EventNode([], revision);
    }

    public bool WakesOnPool { get; }

    /// <summary>Every event after this revision is here.</summary>
    public long Start
    {
        get
        {
            lock (_gate) return _oldest.Revision;
        }
    }

    public EventNode Newest
    {
        get
        {
            lock (_gate) return _newest;
        }
    }

    public void Append(ImmutableArray<StoreEvent> events)
    {
        var node = new EventNode(events, events[^1].Revision);
        List<StoreWatch> woken = [];
        lock (_gate)
        {
            var before = _newest;
            _newest.Link(node);
            _newest = node;
            _events += events.Length;
            _bytes += Size(node);
            while ((_events > _maxEvents || _bytes > _maxBytes) && _oldest.Next != _newest && _oldest != _newest) DropOldest();
            _waitingForAll.TakeAll(before, woken);
            var told = "";
            foreach (var e in events)
            {
                if (string.Equals(e.Object.Key.Resource, told, StringComparison.Ordinal)) continue;
                told = e.Object.Key.Resource;
                if (_waiting.TryGetValue(told, out var queue)) queue.TakeAll(before, woken);
            }
        }

        Release(woken);
    }

    /// <summary>Forgets events at and before a revision.</summary>
    public void DropThrough(long revision)
    {
        lock (_gate)
        {
            while (_oldest.Next is { } next && next.Revision <= revision) DropOldest();
        }
    }

    /// <summary>The node after which all events past <paramref name="revision"/> follow, or null when the log no longer reaches back that far.</summary>
    public EventNode? FindNode(long revision)
    {
        while (true)
        {
            EventNode node;
            lock (_gate)
            {
                if (_newest.Revision <= revision) return _newest;
                if (_oldest.Revision > revision) return null;
                node = _oldest;
            }

            while (node.Next is { } next && next.Revision <= revision) node = next;
            if (!node.Dropped) return node; // dropped under our feet: look again
        }
    }

    /// <summary>Lines a watch up to wait for what follows <paramref name="node"/> and concerns <paramref name="resource"/> (all when null). False: it need not wait, and goes on at its
    /// <see cref="StoreWatch.Resume"/>. True: it is woken first, and goes on there then.</summary>
    /// <remarks>What a waiting watch is not woken for does not concern it. So it needs no place in the log meanwhile, pins nothing, and is not touched by other resources' commits.</remarks>
    public bool Waits(EventNode node, string? resource, StoreWatch watch)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IRevisionStore));
            watch.Resume = node;
            if (watch.Pending || node.Next is not null || node.Dropped) return false;
            watch.Prepare();
            if (resource is null) _waitingForAll.Add(watch);
            else QueueOf(resource).Add(watch);
            return true;
        }
    }

    /// <summary>Whether a watch has been woken since it was last asked.</summary>
    public bool WasWoken(StoreWatch watch)
    {
        if (!watch.Pending) return false; // a waking that comes now keeps it from waiting
        lock (_gate)
        {
            var woken = watch.Pending;
            watch.Pending = false;
            return woken;
        }
    }

    public void Wake(StoreWatch watch)
    {
        lock (_gate)
        {
            watch.Pending = true;
            if (watch.Queue is null) return;
            watch.Queue.Remove(watch);
            watch.Resume = _newest;
        }

        Release([watch]);
    }

    /// <summary>Ends every wait with an <see cref="ObjectDisposedException"/>.</summary>
    public void Close()
    {
        List<StoreWatch> woken = [];
        lock (_gate)
        {
            _closed = true;
            _waitingForAll.TakeAll(null, woken);
            foreach (var queue in _waiting.Values) queue.TakeAll(null, woken);
        }

        Release(woken);
    }

    /// <summary>One commit wakes many watches, and each has little to do: one after the other they cost far less than a work item and a thread's waking each.</summary>
    private void Release(List<StoreWatch> woken)
    {
        if (!WakesOnPool)
        {
            foreach (var watch in woken) watch.Fire();
            return;
        }

        for (var first = 0; first < woken.Count; first += GroupSize)
        {
            var group = woken.GetRange(first, Math.Min(GroupSize, woken.Count - first));
            ThreadPool.UnsafeQueueUserWorkItem(static group => group.ForEach(static watch => watch.Fire()), group, preferLocal: false);
        }
    }

    private WatchQueue QueueOf(string resource)
    {
        if (_waiting.TryGetValue(resource, out var queue)) return queue;
        queue = new();
        _waiting.Add(resource, queue);
        return queue;
    }

    private void DropOldest()
    {
        var dropped = _oldest;
        _oldest = dropped.Next!;
        _events -= _oldest.Events.Length;
        _bytes -= Size(_oldest);
        dropped.Drop();
    }

    private static long Size(EventNode node)
    {
        var size = 0L;
        foreach (var e in node.Events) size += e.Object.Bytes.Length + (e.Previous?.Bytes.Length ?? 0);
        return size;
    }
}
