using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Dovetail.Store.Sqlite;

/// <summary>A write that waits for its outcome.</summary>
internal sealed class PendingWrite(StoreWrite write) : TaskCompletionSource<WriteOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public StoreWrite Write { get; } = write;
}

/// <summary>A compaction that waits until its rows are gone.</summary>
internal sealed class PendingCompaction(long revision) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public long Revision { get; } = revision;
}

/// <summary>What the one writer does, on whichever thread that is: commits groups of writes and keeps history within its limits.</summary>
internal sealed class Committer
{
    private const long KeptWhateverTheSize = 1000; // revisions
    private static readonly TimeSpan RetentionInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SweepPause = TimeSpan.FromMilliseconds(50); // between sweep steps while writes come in

    private readonly RevisionState _state;
    private readonly HistoryWriter _history;
    private readonly HistoryRetention _retention;
    private readonly TimeProvider _clock;
    private readonly List<PendingCompaction> _compactions = [];
    private readonly List<Change> _changes = [];
    private readonly List<(PendingWrite Pending, WriteOutcome Outcome)> _decided = [];
    private long _swept;
    private long _sweptAt;
    private long _retainedAt;
    private volatile string? _brokenBecause; // never cleared: only a restart finds out what is on disk
    private volatile string? _refusingBecause; // until a write succeeds again

    public Committer(RevisionState state, HistoryWriter history, long swept, HistoryRetention retention, TimeProvider clock)
    {
        (_state, _history, _swept, _retention, _clock) = (state, history, swept, retention, clock);
        _sweptAt = _retainedAt = clock.GetTimestamp();
    }

    public string? Failure => _brokenBecause ?? _refusingBecause;

    public bool Broken => _brokenBecause is not null;

    public long Swept => _swept;

    /// <summary>Rows are left to clean up. While writes fail nothing is swept either; it goes on after the first that succeeds.</summary>
    public bool HasSweepWork => Failure is null && _swept < _state.Compacted;

    /// <summary>Called when the storage has failed in a way that leaves unknown what is on disk (an fsync that failed may have dropped what it was to write, and the next one
    /// would succeed all the same).</summary>
    public void Break(Exception e) => _brokenBecause ??= $"storage failed ({e.Message}); no write is accepted until the server is restarted on working storage";

    /// <summary>Commits the writes in one transaction and completes each of them. Never throws.</summary>
    /// <returns>Whether something was purged.</returns>
    public bool Commit(IReadOnlyList<PendingWrite> writes)
    {
        _changes.Clear();
        _decided.Clear();
        if (_brokenBecause is { } reason)
        {
            FailAll(writes, new StoreUnavailableException(reason));
            return false;
        }

        var batch = new CommitBatch(_state.Current);
        foreach (var pending in writes) Decide(batch, pending);
        if (_changes.Count > 0)
        {
            try
            {
                _history.Write(_changes, _clock.GetUtcNow());
            }
            catch (Exception e)
            {
                FailAll(writes, Unavailable(e));
                return false;
            }

            _refusingBecause = null;
            _state.Publish(batch.State, batch.Events());
        }

        foreach (var (pending, outcome) in _decided) pending.TrySetResult(outcome);
        return _changes.Exists(c => c.Purge);
    }

    public void Compact(PendingCompaction compaction)
    {
        if (compaction.Revision > _state.Current.Revision)
        {
            compaction.TrySetException(new ArgumentOutOfRangeException(nameof(compaction), $"revision {compaction.Revision} is newer than {_state.Current.Revision}"));
            return;
        }

        _compactions.Add(compaction);
        Guarded(() => MoveCompacted(compaction.Revision));
        CompleteCompactions();
    }

    /// <summary>One bounded step of cleaning up. <paramref name="busy"/>: writes are waiting, so do it seldom.</summary>
    public void Housekeep(bool busy)
    {
        if (Broken) return;
        if (_clock.GetElapsedTime(_retainedAt) >= RetentionInterval)
        {
            _retainedAt = _clock.GetTimestamp();
            Guarded(() => MoveCompacted(RetentionLimit()));
        }

        if (!HasSweepWork || (busy && _clock.GetElapsedTime(_sweptAt) < SweepPause)) return;
        Guarded(() => _swept = _history.Sweep(_swept, _state.Compacted));
        _sweptAt = _clock.GetTimestamp();
        CompleteCompactions();
    }

    /// <summary>Ends what waits for sweeping; the next start goes on with it.</summary>
    public void Close()
    {
        foreach (var compaction in _compactions) compaction.TrySetException(new ObjectDisposedException(nameof(IRevisionStore)));
        _compactions.Clear();
    }

    private void Decide(CommitBatch batch, PendingWrite pending)
    {
        try
        {
            var outcome = batch.Apply(pending.Write, out var change);
            if (change is not null)
            {
                var deletion = pending.Write as StoreWrite.Delete;
                _changes.Add(new(change, deletion?.RenderRemnant?.Invoke(change.Revision) ?? change.Object.Bytes, deletion is { PurgeHistory: true }));
            }

            _decided.Add((pending, outcome));
        }
        catch (Exception e)
        {
            pending.TrySetException(e); // a bad write or a renderer's bug, which took no revision
        }
    }

    private void MoveCompacted(long revision)
    {
        if (revision <= _state.Compacted) return;
        _history.SetCompacted(revision);
        _state.Compact(revision);
    }

    private long RetentionLimit()
    {
        var (compacted, newest) = (_state.Compacted, _state.Current.Revision);
        var limit = Math.Max(compacted, newest - _retention.Revisions);
        if (limit < newest) limit = _history.NewestBefore(_clock.GetUtcNow() - _retention.Age, limit, newest);

        // How much a revision takes is not known, so shed by quarters until it fits.
        if (!HasSweepWork && _history.BytesInUse() > _retention.Bytes) limit = Math.Max(limit, Math.Min(compacted + (newest - compacted + 3) / 4, newest - KeptWhateverTheSize));
        return limit;
    }

    private void CompleteCompactions()
    {
        _compactions.RemoveAll(c =>
        {
            if (Failure is { } reason) c.TrySetException(new StoreUnavailableException(reason));
            else if (_swept >= c.Revision) c.TrySetResult();
            return c.Task.IsCompleted;
        });
    }

    private void Guarded(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            Unavailable(e);
            _retainedAt = _sweptAt = _clock.GetTimestamp();
        }
    }

    private StoreUnavailableException Unavailable(Exception e)
    {
        if (e is SqliteException sqlite && Heals(sqlite)) _refusingBecause = $"the write could not be stored ({sqlite.Message}); writes are tried again, so making room is enough";
        else Break(e);
        return new(Failure!, e);
    }

    /// <summary>Errors after which the database is as it was before the transaction: no space, no memory, or somebody else's lock.</summary>
    private static bool Heals(SqliteException e) =>
        e.SqliteErrorCode is raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM || e.SqliteExtendedErrorCode == raw.SQLITE_IOERR_SHMSIZE;

    private static void FailAll(IReadOnlyList<PendingWrite> writes, StoreUnavailableException e)
    {
        foreach (var pending in writes) pending.TrySetException(e);
    }
}
