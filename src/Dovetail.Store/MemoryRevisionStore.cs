namespace Dovetail.Store;

/// <summary>A store without a disk, for simulations and as the model that the durable store is tested against. Writes end on the caller's thread; no thread and no timer is used.</summary>
/// <param name="keptEvents">How many events stay readable; older ones are compacted.</param>
public sealed class MemoryRevisionStore(int keptEvents = int.MaxValue) : IRevisionStore
{
    private readonly Lock _writing = new();
    private readonly RevisionState _state = new(StoreSnapshot.Empty, new EventLog(0, keptEvents, long.MaxValue));

    private MemoryRevisionStore(StoreSnapshot start)
        : this()
    {
        _state = new(start, new EventLog(start.Revision, int.MaxValue, long.MaxValue));
        _state.Compact(start.Revision);
    }

    public IStoreSnapshot Current => _state.Current;

    public long CompactedRevision => _state.Compacted;

    public string? WriteFailure => null;

    /// <summary>A store of its own that starts as this one is now, without its history. The objects are shared: it costs nothing.</summary>
    public MemoryRevisionStore Fork() => new(_state.Current);

    public ValueTask<WriteOutcome> WriteAsync(StoreWrite write, CancellationToken ct)
    {
        lock (_writing)
        {
            var batch = new CommitBatch(_state.Current);
            var outcome = batch.Apply(write, out _);
            if (batch.Count > 0)
            {
                _state.Publish(batch.State, batch.Events());
                if (_state.Log.Start > _state.Compacted) _state.Compact(_state.Log.Start);
            }

            return new(outcome);
        }
    }

    public IStoreWatch Watch(string? resource, long fromRevision) => _state.Watch(resource, fromRevision);

    public ValueTask<StoredObject?> FindAtAsync(ObjectKey key, long revision, CancellationToken ct) =>
        _state.TryFindAt(key, revision, out var found) ? new(found) : throw new RevisionCompactedException(revision, CompactedRevision);

    public ValueTask<IStoreSnapshot> SnapshotAtAsync(string resource, long revision, CancellationToken ct) =>
        _state.SnapshotAt(resource, revision) is { } view ? new(view) : throw new RevisionCompactedException(revision, CompactedRevision);

    public ValueTask CompactAsync(long revision, CancellationToken ct)
    {
        lock (_writing)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, Current.Revision);
            if (revision > CompactedRevision) _state.Compact(revision);
        }

        return default;
    }

    public ValueTask DisposeAsync()
    {
        _state.Log.Close();
        return default;
    }
}
