using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dovetail.Store.Sqlite;

/// <summary>Copies the write-ahead log into the database file. The copying happens beside the writer, on a connection of its own (PASSIVE takes no lock that a writer waits for);
/// the writer itself only finishes a checkpoint when the log has grown to its limit all the same, or when purged bytes have to leave the log.</summary>
internal sealed class Checkpointer(SqliteDatabase writer, SqliteDatabase? beside, SqliteStoreOptions options, Action<SqliteException> failed) : IAsyncDisposable
{
    private readonly long _pageBytes = writer.QueryLong("PRAGMA page_size");
    private Task _running = Task.CompletedTask;
    private long _logBytes; // an estimate, made exact by each checkpoint
    private bool _purged;

    /// <summary>Notes that about this many bytes went to the log, and copies it when it is time. Called by the writer after a commit.</summary>
    public void Wrote(long bytes, bool purged)
    {
        if (options.InMemory) return;
        _purged |= purged;
        var log = Interlocked.Add(ref _logBytes, bytes);
        if (log >= options.MaxLogBytes) Run(writer, raw.SQLITE_CHECKPOINT_RESTART);
        else if (log >= options.CheckpointBytes && beside is null) Run(writer, raw.SQLITE_CHECKPOINT_PASSIVE);
        else if (log >= options.CheckpointBytes && _running.IsCompleted) _running = Task.Run(() => Run(beside!, raw.SQLITE_CHECKPOINT_PASSIVE));
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
        var code = raw.sqlite3_wal_checkpoint_v2(database.Handle, "main", mode, out var pages, out var copied);
        if (code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL) return false; // nothing is lost: the log has it, and a later checkpoint tries again
        if (code != raw.SQLITE_OK)
        {
            try
            {
                database.Check(code);
            }
            catch (SqliteException e)
            {
                failed(e);
            }

            return false;
        }

        // Copied whole, the log starts over with the next write; else it goes on growing.
        Interlocked.Exchange(ref _logBytes, pages == copied ? 0 : pages * _pageBytes);
        return true;
    }
}
