namespace Dovetail.Store.Sqlite;

/// <summary>One change as its rows are written: the event, and the bytes that history keeps (they differ from the event's for a purged object).</summary>
internal readonly record struct Change(StoreEvent Event, byte[] Kept, bool Purge);

/// <summary>Writes changes and cleans up after compactions, on the writer's connection.</summary>
internal sealed class HistoryWriter(SqliteDatabase database)
{
    private const int SweepStep = 500; // revisions a transaction, so that writes get their turn between

    private readonly Statement _insert = database.Prepare("INSERT INTO history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    private readonly Statement _setCurrent = database.Prepare("INSERT OR REPLACE INTO current VALUES (?1, ?2)");
    private readonly Statement _dropCurrent = database.Prepare("DELETE FROM current WHERE created = ?1");
    private readonly Statement _purge = database.Prepare("""
        WITH RECURSIVE earlier (revision) AS (VALUES (?1) UNION ALL SELECT h.previous FROM history h JOIN earlier e ON h.revision = e.revision WHERE h.previous > 0)
        DELETE FROM history WHERE revision IN (SELECT revision FROM earlier)
        """);
    private readonly Statement _setMeta = database.Prepare("UPDATE meta SET value = ?2 WHERE name = ?1");
    private readonly Statement _sweepReplaced =
        database.Prepare("DELETE FROM history WHERE revision IN (SELECT previous FROM history WHERE revision > ?1 AND revision <= ?2)");
    private readonly Statement _sweepDeleted = database.Prepare($"DELETE FROM history WHERE revision > ?1 AND revision <= ?2 AND op = {(int)StoreEventKind.Deleted}");
    private readonly Statement _timeAt = database.Prepare("SELECT time FROM history WHERE revision >= ?1 ORDER BY revision LIMIT 1");

    public void Write(List<Change> changes, DateTimeOffset now) => database.InTransaction(() =>
    {
        foreach (var change in changes) Write(change, now.ToUnixTimeMilliseconds());
    });

    public void SetCompacted(long revision) => database.InTransaction(() => _setMeta.Bind(1, "compacted").Bind(2, revision).Run());

    /// <summary>Deletes rows that no read at or after <paramref name="compacted"/> needs: those replaced up to it, and deletions. What a revision replaced is named in its row, so
    /// every row is visited once however often the store is compacted.</summary>
    /// <returns>How far it got.</returns>
    public long Sweep(long swept, long compacted)
    {
        var through = Math.Min(swept + SweepStep, compacted);
        database.InTransaction(() =>
        {
            _sweepReplaced.Bind(1, swept).Bind(2, through).Run();
            _sweepDeleted.Bind(1, swept).Bind(2, through).Run();
            _setMeta.Bind(1, "swept").Bind(2, through).Run();
        });
        return through;
    }

    /// <summary>The newest revision in the range that was written before a time (the range's start when none was). Times only go forward, but for a clock that is set back.</summary>
    public long NewestBefore(DateTimeOffset time, long from, long to)
    {
        var limit = time.ToUnixTimeMilliseconds();
        while (from < to)
        {
            var middle = from + (to - from + 1) / 2;
            var older = _timeAt.Bind(1, middle).Step() && _timeAt.Long(0) < limit;
            _timeAt.Reset();
            if (older) from = middle;
            else to = middle - 1;
        }

        return from;
    }

    public long BytesInUse() =>
        (database.QueryLong("PRAGMA page_count") - database.QueryLong("PRAGMA freelist_count")) * database.QueryLong("PRAGMA page_size");

    private void Write(in Change change, long time)
    {
        var e = change.Event;
        var o = e.Object;
        _insert.Bind(1, o.Revision).Bind(2, e.Previous?.Revision ?? 0).Bind(3, o.CreateRevision).Bind(4, (long)e.Kind).Bind(5, o.SchemaGeneration).Bind(6, time)
            .Bind(7, o.Key.Resource).Bind(8, o.Key.Namespace).Bind(9, o.Key.Name).Bind(10, change.Kept).Run();
        if (e.Kind != StoreEventKind.Deleted)
        {
            _setCurrent.Bind(1, o.CreateRevision).Bind(2, o.Revision).Run();
            return;
        }

        _dropCurrent.Bind(1, o.CreateRevision).Run();
        if (change.Purge) _purge.Bind(1, e.Previous!.Revision).Run();
    }
}
