using System.Collections.Immutable;

namespace Dovetail.Store;

/// <summary>Where a watch continues when the event log no longer reaches back far enough.</summary>
/// <returns>The next events after a revision, and how far they go; never past <paramref name="through"/>.</returns>
internal delegate EventBatch ReadHistory(string? resource, long after, long through);

/// <summary>What both stores have in memory: the current snapshot, swapped in one field, and the recent events. One writer publishes; readers never wait for it.</summary>
internal sealed class RevisionState(StoreSnapshot snapshot, EventLog log)
{
    private readonly Lock _publishing = new();
    private volatile StoreSnapshot _current = snapshot;
    private long _compacted;

    public StoreSnapshot Current => _current;

    public EventLog Log => log;

    /// <summary>What watches read that have fallen behind the log; without one that is gone.</summary>
    public ReadHistory History
    {
        get => field ?? ((_, after, _) => throw new RevisionCompactedException(after, Compacted));
        init;
    }

    public long Compacted => Interlocked.Read(ref _compacted);

    /// <summary>Shows a commit to readers first and to watchers then: who has seen an event also finds its object.</summary>
    public void Publish(StoreSnapshot snapshot, ImmutableArray<StoreEvent> events)
    {
        lock (_publishing)
        {
            _current = snapshot;
            log.Append(events);
        }
    }

    public void Compact(long revision)
    {
        Interlocked.Exchange(ref _compacted, revision);
        log.DropThrough(revision);
    }

    public void ThrowIfCompacted(long revision)
    {
        var compacted = Compacted;
        if (revision < compacted) throw new RevisionCompactedException(revision, compacted);
    }

    public StoreWatch Watch(string? resource, long fromRevision) => new(this, resource, fromRevision);

    /// <summary>Undoes the logged changes after a revision; null when the log does not reach back that far.</summary>
    public StoreSnapshot? SnapshotAt(string resource, long revision)
    {
        if (Recent(revision) is not { } recent) return null;
        var view = recent.Current.Only(resource, revision);
        var undone = new HashSet<ObjectKey>();
        var purged = Purged(recent.Events);
        foreach (var e in recent.Events)
        {
            if (!string.Equals(e.Object.Key.Resource, resource, StringComparison.Ordinal) || !undone.Add(e.Object.Key)) continue;
            view = e.Previous is { } previous && !purged.Contains(previous.CreateRevision) ? view.With(previous) : view.Without(e.Object.Key, revision);
        }

        return view.At(revision);
    }

    /// <summary>Finds an object at a past revision; false when the log does not reach back that far.</summary>
    public bool TryFindAt(ObjectKey key, long revision, out StoredObject? found)
    {
        found = null;
        if (Recent(revision) is not { } recent) return false;
        foreach (var e in recent.Events)
        {
            if (e.Object.Key != key) continue;
            found = e.Previous is { } previous && Purged(recent.Events).Contains(previous.CreateRevision) ? null : e.Previous;
            return true;
        }

        found = recent.Current.Find(key);
        return true;
    }

    /// <summary>The objects, by the revision that created them, that have been purged: as on disk, nothing of them can be read any more.</summary>
    private static HashSet<long> Purged(List<StoreEvent> events) => [.. events.Where(e => e.Purged).Select(e => e.Object.CreateRevision)];

    /// <summary>The current view and every event between the revision and it.</summary>
    private (StoreSnapshot Current, List<StoreEvent> Events)? Recent(long revision)
    {
        StoreSnapshot current;
        EventNode newest;
        lock (_publishing) (current, newest) = (_current, log.Newest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, current.Revision);
        ThrowIfCompacted(revision);
        if (log.FindNode(revision) is not { } node) return null;

        var events = new List<StoreEvent>();
        while (node != newest && node.Revision < newest.Revision)
        {
            if (node.Next is not { } next) return null; // dropped while we walked
            node = next;
            foreach (var e in node.Events)
            {
                if (e.Revision > revision) events.Add(e);
            }
        }

        return (current, events);
    }
}
