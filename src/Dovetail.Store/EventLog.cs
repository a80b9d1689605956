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

    public void Link(EventNode next) => _next = next;

    public void Drop()
    {
        _dropped = true; // before the link goes: who sees no successor must see why
        _next = null;
    }
}

/// <summary>The recent events as a linked chain, bounded by count and bytes. Written by one writer, read by any number of watchers.</summary>
internal sealed class EventLog
{
    private const long ProgressEvery = 256; // revisions after which watchers of quiet resources move on too, or their cursors would fall out of the log

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private readonly int _maxEvents;
    private readonly long _maxBytes;
    private EventNode _oldest;
    private EventNode _newest;
    private int _events;
    private long _bytes;
    private bool _closed;

    public EventLog(long revision, int maxEvents, long maxBytes)
    {
        (_maxEvents, _maxBytes) = (maxEvents, maxBytes);
        _oldest = _newest = new EventNode([], revision);
    }

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
        List<Waiter> woken = [];
        lock (_gate)
        {
            var all = node.Revision / ProgressEvery != _newest.Revision / ProgressEvery;
            _newest.Link(node);
            _newest = node;
            _events += events.Length;
            _bytes += Size(node);
            while ((_events > _maxEvents || _bytes > _maxBytes) && _oldest.Next != _newest && _oldest != _newest) DropOldest();
            for (var link = _waiting.First; link is not null; link = link.Next)
            {
                if (all || link.Value.Concerns(events)) woken.Add(link.Value);
            }
        }

        foreach (var waiter in woken) waiter.TrySetResult();
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

    /// <summary>Returns when something that concerns <paramref name="resource"/> (all when null) may follow <paramref name="node"/>.</summary>
    /// <remarks>The waiter's task is awaited directly, never wrapped: its continuation goes to the watcher's own synchronization context, which keeps simulations deterministic.</remarks>
    public async Task WaitAsync(EventNode node, string? resource, CancellationToken ct)
    {
        var waiter = new Waiter(resource);
        LinkedListNode<Waiter> link;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IRevisionStore));
            if (node.Next is not null || node.Dropped) return;
            link = _waiting.AddLast(waiter);
        }

        try
        {
            await using var cancelled = ct.UnsafeRegister(static (w, token) => ((Waiter)w!).TrySetCanceled(token), waiter);
            await waiter.Task;
        }
        finally
        {
            lock (_gate) _waiting.Remove(link);
        }
    }

    /// <summary>Ends every wait with an <see cref="ObjectDisposedException"/>.</summary>
    public void Close()
    {
        List<Waiter> woken;
        lock (_gate)
        {
            _closed = true;
            woken = [.. _waiting];
        }

        foreach (var waiter in woken) waiter.TrySetException(new ObjectDisposedException(nameof(IRevisionStore)));
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

    private sealed class Waiter(string? resource) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public bool Concerns(ImmutableArray<StoreEvent> events)
        {
            if (resource is null) return true;
            foreach (var e in events)
            {
                if (string.Equals(e.Object.Key.Resource, resource, StringComparison.Ordinal)) return true;
            }

            return false;
        }
    }
}
