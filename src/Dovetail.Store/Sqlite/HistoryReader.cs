using System.Collections.Immutable;

namespace Dovetail.Store.Sqlite;

/// <summary>Reads what memory no longer holds. Each call is one short statement over a bounded range, so that no read holds the log open.</summary>
/// <param name="database">Its connection; when the store is inline, the writer's.</param>
/// <param name="gate">Held while the connection is in use.</param>
internal sealed class HistoryReader(SqliteDatabase database, Lock gate)
{
    private const int Window = 500; // revisions a read

    private const string Object = "h.revision, h.created, h.schema_generation, h.resource, h.namespace, h.name, h.bytes";

    private readonly Statement _load = database.Prepare($"SELECT {Object} FROM current c JOIN history h ON h.revision = c.revision");

    private readonly Statement _events = database.Prepare($"""
        SELECT {Object}, h.op, p.revision, p.schema_generation, p.bytes FROM history h LEFT JOIN history p ON p.revision = h.previous AND h.previous > 0
        WHERE h.revision > ?1 AND h.revision <= ?2 AND (?3 = '' OR +h.resource = ?3) ORDER BY h.revision
        """);

    private readonly Statement _changes =
        database.Prepare("SELECT previous, namespace, name FROM history WHERE revision > ?1 AND revision <= ?2 AND resource = ?3 ORDER BY revision");

    private readonly Statement _row = database.Prepare($"SELECT {Object} FROM history h WHERE h.revision = ?1");

    private readonly Statement _state = database.Prepare($"SELECT {Object}, h.op, h.time, h.previous FROM history h WHERE h.revision = ?1");

    private readonly Statement _lastOf = database.Prepare(
        "SELECT revision FROM history WHERE revision > ?1 AND revision <= ?2 AND name = ?3 AND namespace = ?4 AND resource = ?5 ORDER BY revision DESC LIMIT 1");

    private readonly Statement _timeAt = database.Prepare("SELECT time FROM history WHERE revision >= ?1 ORDER BY revision LIMIT 1");

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal); // one string for each resource and namespace

    /// <summary>Everything that is current, the newest revision, and how far history was compacted and swept.</summary>
    /// <exception cref="InvalidDataException">An object has no state.</exception>
    public (StoreSnapshot Snapshot, long Compacted, long Swept) Load()
    {
        var compacted = database.QueryLong("SELECT value FROM meta WHERE name = 'compacted'");
        var swept = database.QueryLong("SELECT value FROM meta WHERE name = 'swept'");

        // The newest row may have been swept (a deletion), but then it was compacted.
        var revision = Math.Max(compacted, database.QueryLong("SELECT coalesce(max(revision), 0) FROM history"));
        var objects = new List<StoredObject>();
        while (_load.Step()) objects.Add(ReadObject(_load));
        var present = database.QueryLong("SELECT count(*) FROM current");
        if (present != objects.Count) throw new InvalidDataException($"{present} objects are there, and the states of {present - objects.Count} of them are missing");
        return (StoreSnapshot.Containing(revision, objects), compacted, swept);
    }

    public EventBatch Events(string? resource, long after, long through)
    {
        lock (gate)
        {
            var last = Math.Min(after + Window, through);
            var events = ImmutableArray.CreateBuilder<StoreEvent>();
            _events.Bind(1, after).Bind(2, last).Bind(3, resource ?? "");
            while (_events.Step())
            {
                var o = ReadObject(_events);
                var kind = (StoreEventKind)_events.Long(7);

                // What a purged deletion replaced is gone; its own row says which object it was.
                var previous = kind == StoreEventKind.Created ? null
                    : _events.IsNull(8) ? o
                    : o with { Revision = _events.Long(8), SchemaGeneration = _events.Long(9), Bytes = _events.Blob(10) };
                events.Add(new(kind, o, previous));
            }

            return new(events.DrainToImmutable(), last);
        }
    }

    /// <summary>The object at a past revision: what its first change since then replaced. Null when it did not exist, or was purged since.</summary>
    public StoredObject? FindAt(ObjectKey key, long revision, StoreSnapshot current)
    {
        foreach (var (ns, name, previous) in Changes(key.Resource, revision, current.Revision))
        {
            if (string.Equals(name, key.Name, StringComparison.Ordinal) && string.Equals(ns, key.Namespace, StringComparison.Ordinal)) return ReadRow(previous);
        }

        return current.Find(key);
    }

    /// <summary>One resource as of a revision: the current objects with their changes since then undone.</summary>
    public StoreSnapshot SnapshotAt(string resource, long revision, StoreSnapshot current)
    {
        var undone = new HashSet<ObjectKey>();
        var view = current.Only(resource, revision);
        foreach (var (ns, name, previous) in Changes(resource, revision, current.Revision))
        {
            var key = new ObjectKey(resource, ns, name);
            if (undone.Add(key)) view = ReadRow(previous) is { } old ? view.With(old) : view.Without(key, revision);
        }

        return view.At(revision);
    }

    /// <summary>The newest revision in the range that was written at or before a time (the range's start when none was).</summary>
    public long NewestAt(DateTimeOffset time, long from, long to)
    {
        var limit = time.ToUnixTimeMilliseconds();
        while (from < to)
        {
            var middle = from + (to - from + 1) / 2;
            lock (gate)
            {
                var found = _timeAt.Bind(1, middle).Step() && _timeAt.Long(0) <= limit;
                _timeAt.Reset();
                if (found) from = middle;
                else to = middle - 1;
            }
        }

        return from;
    }

    /// <summary>The states of an object, newest first: each row names the one before it; behind a creation an earlier object of that name is looked for.</summary>
    public ImmutableArray<PastState> States(ObjectKey key, StoreSnapshot current, long compacted, int limit, CancellationToken ct)
    {
        var states = ImmutableArray.CreateBuilder<PastState>();
        var revision = current.Find(key)?.Revision ?? LastBefore(key, current.Revision, compacted, ct);
        while (revision > 0 && states.Count < limit)
        {
            long previous;
            lock (gate)
            {
                if (!_state.Bind(1, revision).Step()) break; // compacted, or purged
                states.Add(new(ReadObject(_state), (StoreEventKind)_state.Long(7), DateTimeOffset.FromUnixTimeMilliseconds(_state.Long(8))));
                previous = _state.Long(9);
                _state.Reset();
            }

            revision = previous > 0 ? previous : LastBefore(key, revision - 1, compacted, ct);
        }

        return states.DrainToImmutable();
    }

    private long LastBefore(ObjectKey key, long through, long compacted, CancellationToken ct)
    {
        for (; through > compacted; through -= Window)
        {
            ct.ThrowIfCancellationRequested();
            lock (gate)
            {
                var found = _lastOf.Bind(1, Math.Max(through - Window, compacted)).Bind(2, through).Bind(3, key.Name).Bind(4, key.Namespace).Bind(5, key.Resource).Step() ? _lastOf.Long(0) : 0;
                _lastOf.Reset();
                if (found > 0) return found;
            }
        }

        return 0;
    }

    private IEnumerable<(string Namespace, string Name, long Previous)> Changes(string resource, long after, long through)
    {
        var window = new List<(string, string, long)>();
        for (; after < through; after += Window)
        {
            lock (gate)
            {
                _changes.Bind(1, after).Bind(2, Math.Min(after + Window, through)).Bind(3, resource);
                while (_changes.Step()) window.Add((Shared(_changes.Text(1)), _changes.Text(2), _changes.Long(0)));
            }

            foreach (var change in window) yield return change;
            window.Clear();
        }
    }

    private StoredObject? ReadRow(long revision)
    {
        if (revision == 0) return null;
        lock (gate)
        {
            var row = _row.Bind(1, revision).Step() ? ReadObject(_row) : null;
            _row.Reset();
            return row;
        }
    }

    private StoredObject ReadObject(Statement row) =>
        new(new(Shared(row.Text(3)), Shared(row.Text(4)), row.Text(5)), row.Long(1), row.Long(0), row.Long(2), row.Blob(6));

    private string Shared(string text)
    {
        if (_names.TryGetValue(text, out var known)) return known;
        if (_names.Count > 10_000) _names.Clear(); // namespaces come and go
        _names.Add(text, text);
        return text;
    }
}
