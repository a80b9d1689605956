using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dovetail.Store.Sqlite;

/// <summary>The durable store: SQLite in WAL mode with synchronous=FULL. A write is acknowledged, and visible, only after its transaction is synced; writes that wait at the same
/// time share one transaction. The current state is in memory, so only reads of the past touch the disk.</summary>
public sealed class SqliteRevisionStore : IRevisionStore, IObjectHistory
{
    private readonly FileStream? _lock;
    private readonly SqliteDatabase _database;
    private readonly SqliteDatabase? _readDatabase;
    private readonly HistoryReader _reader;
    private readonly RevisionState _state;
    private readonly Committer _committer;
    private readonly Checkpointer _checkpointer;
    private readonly WriterThread? _thread;
    private readonly Lock _inline = new();
    private bool _disposed;

    private SqliteRevisionStore(SqliteStoreOptions options, TimeProvider clock, FileStream? ownership, List<SqliteDatabase> opened, StoreFormat format)
    {
        _lock = ownership;
        _database = Add(opened, options);
        format.Apply(_database, options.Path);
        if (!options.InMemory) _database.UseWriteAheadLog();
        if (!options.InMemory) MakeDurable(_database, options.Path);
        _readDatabase = options.Inline ? null : Add(opened, options);
        _reader = new HistoryReader(_readDatabase ?? _database, _inline);
        var (snapshot, compacted, swept) = _reader.Load();
        _state = new RevisionState(snapshot, new EventLog(snapshot.Revision, options.TailEvents, options.TailBytes, wakesOnPool: !options.Inline)) { History = ReadEvents };
        _state.Compact(compacted);
        _committer = new Committer(_state, new HistoryWriter(_database), swept, options.Retention, clock);
        _checkpointer = new Checkpointer(_database, options.Inline ? null : Add(opened, options), options, _committer.Break);
        _thread = options.Inline ? null : new WriterThread(_committer, _checkpointer);
    }

    public IStoreSnapshot Current => _state.Current;

    public long CompactedRevision => _state.Compacted;

    public string? WriteFailure => _committer.Failure;

    /// <summary>Opens the database, creating or migrating it as needed, and loads the current state.</summary>
    /// <exception cref="StoreInUseException">Another process owns it.</exception>
    /// <exception cref="StoreFormatException">A newer program wrote it; it was not touched.</exception>
    /// <exception cref="StoreUnavailableException">The storage fails.</exception>
    /// <exception cref="StoreDamagedException">What is on disk cannot be read as a whole.</exception>
    public static SqliteRevisionStore Open(SqliteStoreOptions options, TimeProvider clock) => Open(options, clock, StoreFormat.Latest);

    internal static SqliteRevisionStore Open(SqliteStoreOptions options, TimeProvider clock, StoreFormat format)
    {
        options.Validate();
        var ownership = DataFileLock.Take(options);
        var opened = new List<SqliteDatabase>();
        try
        {
            return new(options, clock, ownership, opened, format);
        }
        catch (Exception e)
        {
            foreach (var database in opened) database.Dispose();
            ownership?.Dispose();
            if (StoreDamagedException.Explains(e)) throw new StoreDamagedException(options.Path, e);
            throw;
        }
    }

    public ValueTask<WriteOutcome> WriteAsync(StoreWrite write, CancellationToken ct)
    {
        var pending = new PendingWrite(write);
        if (_thread is not null)
        {
            _thread.Post(pending);
            return new(ct.CanBeCanceled ? pending.Task.WaitAsync(ct) : pending.Task);
        }

        lock (_inline)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            TidyInline(_committer.Commit([pending]));
        }

        return new(pending.Task);
    }

    public IStoreWatch Watch(string? resource, long fromRevision) => _state.Watch(resource, fromRevision);

    public ValueTask<StoredObject?> FindAtAsync(ObjectKey key, long revision, CancellationToken ct)
    {
        if (_state.TryFindAt(key, revision, out var recent)) return new(recent);
        var found = _reader.FindAt(key, revision, _state.Current);
        _state.ThrowIfCompacted(revision); // it may have been swept while we read
        return new(found);
    }

    public ValueTask<IStoreSnapshot> SnapshotAtAsync(string resource, long revision, CancellationToken ct)
    {
        if (_state.SnapshotAt(resource, revision) is { } recent) return new(recent);
        var view = _reader.SnapshotAt(resource, revision, _state.Current);
        _state.ThrowIfCompacted(revision);
        return new(view);
    }

    public ValueTask<long> RevisionAtAsync(DateTimeOffset time, CancellationToken ct)
    {
        var (newest, compacted) = (_state.Current.Revision, _state.Compacted);
        var found = _reader.NewestAt(time, compacted, newest);
        return found > compacted || compacted == 0 ? new(found) : throw new RevisionCompactedException(found, compacted);
    }

    public ValueTask<ImmutableArray<PastState>> StatesAsync(ObjectKey key, int limit, CancellationToken ct) =>
        new(_reader.States(key, _state.Current, _state.Compacted, limit, ct));

    public ValueTask CompactAsync(long revision, CancellationToken ct)
    {
        var pending = new PendingCompaction(revision);
        if (_thread is not null)
        {
            _thread.Post(pending);
            return new(pending.Task.WaitAsync(ct));
        }

        lock (_inline)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _committer.Compact(pending);
            TidyInline(purged: false);
        }

        return new(pending.Task);
    }

    /// <summary>Ends the watches, writes what is queued and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_inline)
        {
            if (_disposed) return;
            _disposed = true;
        }

        if (_thread is not null) await _thread.CloseAsync();
        _state.Log.Close();
        await _checkpointer.DisposeAsync();
        lock (_inline) _readDatabase?.Dispose();
        if (_committer.Broken) _database.CloseWithoutCheckpoint();
        _database.Dispose();
        _lock?.Dispose();
    }

    private EventBatch ReadEvents(string? resource, long after, long through)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var batch = _reader.Events(resource, after, through);
        _state.ThrowIfCompacted(after);
        return batch;
    }

    /// <summary>What a process left in the log that died before its sync, or whose sync failed, is read here and may still be lost; nobody is to see it before it is on disk. A checkpoint does that: it syncs the
    /// log, and writes the pages anew, which also brings back those that the kernel let go of after a failed sync.</summary>
    /// <exception cref="StoreUnavailableException">The storage fails.</exception>
    private static void MakeDurable(SqliteDatabase database, string path)
    {
        // With a full disk the log, which is synced first, keeps everything.
        var code = raw.sqlite3_wal_checkpoint_v2(database.Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);
        if (code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL) return;
        try
        {
            database.Check(code);
        }
        catch (SqliteException e) when (!StoreDamagedException.Explains(e))
        {
            throw new StoreUnavailableException($"{path} cannot be opened, because its storage fails: {e.Message}", e);
        }
    }

    private void TidyInline(bool purged)
    {
        _committer.Housekeep(busy: false);
        for (var before = -1L; _committer.HasSweepWork && before != _committer.Swept;)
        {
            before = _committer.Swept;
            _committer.Housekeep(busy: false);
        }

        _checkpointer.Wrote(purged);
        if (_checkpointer.HasPurged && !_committer.Broken) _checkpointer.FinishPurge();
    }

    private static SqliteDatabase Add(List<SqliteDatabase> opened, SqliteStoreOptions options)
    {
        var database = SqliteDatabase.Open(options);
        opened.Add(database);
        return database;
    }
}
