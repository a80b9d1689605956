namespace Dovetail.Store.Sqlite;

/// <summary>The thread that writes. While one group is being synced the next one gathers, which is all that group commit takes.</summary>
internal sealed class WriterThread
{
    private const int MaxGroup = 1000;

    private readonly object _gate = new();
    private readonly Committer _committer;
    private readonly Checkpointer _checkpointer;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<PendingWrite> _writes = new();
    private readonly Queue<PendingCompaction> _compactions = new();
    private bool _closing;

    public WriterThread(Committer committer, Checkpointer checkpointer)
    {
        (_committer, _checkpointer) = (committer, checkpointer);
        new Thread(Run) { Name = "store-writer", IsBackground = true }.Start();
    }

    public void Post(PendingWrite write)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(IRevisionStore));
            _writes.Enqueue(write);
            Monitor.Pulse(_gate);
        }
    }

    public void Post(PendingCompaction compaction)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(IRevisionStore));
            _compactions.Enqueue(compaction);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Writes what is queued and ends.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }

        return _ended.Task;
    }

    private void Run()
    {
        var group = new List<PendingWrite>();
        while (Next(group, out var compaction))
        {
            var purged = group.Count > 0 && _committer.Commit(group);
            group.Clear();
            if (compaction is not null) _committer.Compact(compaction);
            bool busy;
            lock (_gate) busy = _writes.Count > 0;
            _committer.Housekeep(busy);
            _checkpointer.Wrote(purged);
            if (!busy && _checkpointer.HasPurged && !_committer.Broken) _checkpointer.FinishPurge();
        }

        _committer.Close();
        _ended.SetResult();
    }

    /// <summary>Waits for work; false when closing and all of it is done. Sweeping goes on while nothing else is there.</summary>
    private bool Next(List<PendingWrite> group, out PendingCompaction? compaction)
    {
        lock (_gate)
        {
            while (_writes.Count == 0 && _compactions.Count == 0 && !_closing && !_committer.HasSweepWork) Monitor.Wait(_gate);
            while (group.Count < MaxGroup && _writes.TryDequeue(out var write)) group.Add(write);
            _compactions.TryDequeue(out compaction);
            return group.Count > 0 || compaction is not null || !_closing;
        }
    }
}
