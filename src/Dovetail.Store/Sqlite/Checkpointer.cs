using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dovetail.Store.Sqlite;

/// <summary>Copies the write-ahead log into the database file. The copying happens beside the writer, on a connection of its own (PASSIVE takes no lock that a writer waits for);
/// the writer itself only finishes a checkpoint when the log has grown to its limit all the same, or when purged bytes have to leave the log.</summary>
internal sealed class Checkpointer(SqliteDatabase writer, SqliteDatabase? beside, SqliteStoreOptions options, Action<SqliteException> failed) : IAsyncDisposable
{
    private readonly long _pageBytes = writer.QueryLong("PRAGMA page_size");
    private Task _running = Task.CompletedTask;
    private long _logBytes;
    private long _nextAt = options.CheckpointBytes;
    private bool _purged;

    /// <summary>Called by the writer after transactions: copies the log when enough has been added to it.</summary>
    public void Wrote(bool purged)
    {
        if (options.InMemory) return;
        _purged |= purged;
        writer.Check(raw.sqlite3_db_status(writer.Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1));
        var log = Interlocked.Add(ref _logBytes, pages * _pageBytes);
        if (log < Interlocked.Read(ref _nextAt)) return;
        if (log >= options.MaxLogBytes) Run(writer, raw.SQLITE_CHECKPOINT_RESTART);
        else if (beside is null) Run(writer, raw.SQLITE_CHECKPOINT_PASSIVE);
        else if (_running.IsCompleted) _running = Task.Run(() => Run(beside, raw.SQLITE_CHECKPOINT_PASSIVE));
    }

    /// <summary>Purged bytes may still be in the log.</summary>
    public bool HasPurged => _purged;

    /// <summary>Empties the log, so that nothing purged stays in it. Called by the writer when it has nothing else to do; where a reader is in the way, after its next write.</summary>
    public void FinishPurge() => _purged = !Run(writer, raw.SQLITE_CHECKPOINT_TRUNCATE);

    public async ValueTask DisposeAsync()
    {
        await _running;
        beside?.Dispose();
    }

    private bool Run(SqliteDatabase database, int mode)
    {
        var before = Interlocked.Read(ref _logBytes);
        var code = raw.sqlite3_wal_checkpoint_v2(database.Handle, "main", mode, out var pages, out var copied);
        if (code == raw.SQLITE_OK)
        {
            // The log starts over with the next write when all of it was copied; what was written meanwhile keeps it from that, and it goes on growing.
            var meanwhile = Interlocked.Read(ref _logBytes) - before;
            var log = pages == copied && meanwhile == 0 ? 0 : pages * _pageBytes + meanwhile;
            Interlocked.Add(ref _logBytes, log - before - meanwhile);
        }
        else if (code is not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL))
        {
            Fail(database, code);
        }

        // Busy or full, nothing is lost: the log has it, and the next checkpoint tries again.
        Interlocked.Exchange(ref _nextAt, Interlocked.Read(ref _logBytes) + options.CheckpointBytes);
        return code == raw.SQLITE_OK;
    }

    private void Fail(SqliteDatabase database, int code)
    {
        try
        {
            database.Check(code);
        }
        catch (SqliteException e)
        {
            failed(e);
        }
    }
}
