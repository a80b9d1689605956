using System.Collections.Immutable;

namespace Dovetail.Store.Sqlite;

/// <summary>Reads what memory no longer holds. Each call is one short statement over a bounded range, so that no read holds the log open.</summary>
/// <param name="database">Its connection; when the store is inline, the writer's.</param>
/// <param name="gate">Held while the connection is in use.</param>
internal sealed class HistoryReader(SqliteDatabase database, Lock gate)
{
    private const int Window = 500; // revisions a read

    private const string Object = "h.revision, h.created, h.schema_generation, h.resource, h.namespace, h.name, h.bytes";

    private readonly Statement _load = database.Prepare($"SELECT {Object} FROM current c JOIN history h ON h.revision = c.revision ORDER BY c.resource, c.namespace, c.name");

    private readonly Statement _events = database.Prepare($"""
        SELECT {Object}, h.op, p.revision, p.schema_generation, p.bytes FROM history h LEFT JOIN history p ON p.revision = h.previous AND h.previous > 0
        WHERE h.revision > ?1 AND h.revision <= ?2 AND (?3 = '' OR +h.resource = ?3) ORDER BY h.revision
        """);

    private readonly Statement _find = database.Prepare($"""
        SELECT {Object}, h.op FROM history h WHERE h.resource = ?1 AND h.namespace = ?2 AND h.name = ?3 AND h.revision <= ?4 ORDER BY h.revision DESC LIMIT 1
        """);

    private readonly Statement _view = database.Prepare($"""
        SELECT {Object} FROM history h WHERE h.resource = ?1 AND h.revision <= ?2 AND h.op <> {(int)StoreEventKind.Deleted}
        AND NOT EXISTS (SELECT 1 FROM history n WHERE n.resource = h.resource AND n.namespace = h.namespace AND n.name = h.name AND n.revision > h.revision AND n.revision <= ?2)
        ORDER BY h.namespace, h.name
        """);

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal); // one string for each resource and namespace

    /// <summary>Everything that is current, the newest revision, and how far history was compacted and swept.</summary>
    public (StoreSnapshot Snapshot, long Compacted, long Swept) Load()
    {
        var compacted = database.QueryLong("SELECT value FROM meta WHERE name = 'compacted'");
        var swept = database.QueryLong("SELECT value FROM meta WHERE name = 'swept'");

        // The newest row may have been swept (a deletion), but then it was compacted.
        var revision = Math.Max(compacted, database.QueryLong("SELECT coalesce(max(revision), 0) FROM history"));
        return (StoreSnapshot.FromOrdered(revision, Rows(_load)), compacted, swept);
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

    public StoredObject? FindAt(ObjectKey key, long revision)
    {
        lock (gate)
        {
            _find.Bind(1, key.Resource).Bind(2, key.Namespace).Bind(3, key.Name).Bind(4, revision);
            var found = _find.Step() && (StoreEventKind)_find.Long(7) != StoreEventKind.Deleted ? ReadObject(_find) : null;
            _find.Reset();
            return found;
        }
    }

    /// <summary>One resource as of a revision; objects that are unchanged since are those of <paramref name="current"/>.</summary>
    public StoreSnapshot SnapshotAt(string resource, long revision, StoreSnapshot current)
    {
        lock (gate)
        {
            _view.Bind(1, resource).Bind(2, revision);
            return StoreSnapshot.FromOrdered(revision, Rows(_view, current));
        }
    }

    private IEnumerable<StoredObject> Rows(Statement rows, StoreSnapshot? shared = null)
    {
        while (rows.Step())
        {
            var key = ReadKey(rows);
            yield return shared?.Find(key) is { } same && same.Revision == rows.Long(0) ? same : ReadObject(rows, key);
        }
    }

    private StoredObject ReadObject(Statement row) => ReadObject(row, ReadKey(row));

    private static StoredObject ReadObject(Statement row, ObjectKey key) => new(key, row.Long(1), row.Long(0), row.Long(2), row.Blob(6));

    private ObjectKey ReadKey(Statement row) => new(Shared(row.Text(3)), Shared(row.Text(4)), row.Text(5));

    private string Shared(string text)
    {
        if (_names.TryGetValue(text, out var known)) return known;
        if (_names.Count > 10_000) _names.Clear(); // namespaces come and go
        _names.Add(text, text);
        return text;
    }
}
