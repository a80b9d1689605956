using Dovetail.Store;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>A store that now and then acknowledges what it has not written, gives a revision twice or leaves one out, or tells two commits in the wrong order.</summary>
internal sealed class LyingStore(IRevisionStore store, Random random) : IRevisionStore
{
    /// <summary>One in so many.</summary>
    private const int Seldom = 50;

    private long last;

    public bool ForgetsWrites { get; init; }

    public bool DoublesRevisions { get; init; }

    public bool SkipsRevisions { get; init; }

    public bool ReordersEvents { get; init; }

    public bool RepeatsEvents { get; init; }

    public IStoreSnapshot Current => store.Current;

    public long CompactedRevision => store.CompactedRevision;

    public string? WriteFailure => store.WriteFailure;

    public async ValueTask<WriteOutcome> WriteAsync(StoreWrite write, CancellationToken ct)
    {
        if (ForgetsWrites && write is StoreWrite.Put put && Strikes()) return new WriteOutcome.Committed(Forgotten(put));
        var outcome = await store.WriteAsync(write, ct);
        if (outcome is not WriteOutcome.Committed { Object: var written }) return outcome;
        if (DoublesRevisions && last > 0 && Strikes()) return new WriteOutcome.Committed(written with { Revision = last });
        last = written.Revision;
        return SkipsRevisions && Strikes() ? new WriteOutcome.Committed(written with { Revision = last + 1 }) : outcome;
    }

    public IStoreWatch Watch(string? resource, long fromRevision) => new LyingWatch(this, store.Watch(resource, fromRevision));

    public ValueTask<StoredObject?> FindAtAsync(ObjectKey key, long revision, CancellationToken ct) => store.FindAtAsync(key, revision, ct);

    public ValueTask<IStoreSnapshot> SnapshotAtAsync(string resource, long revision, CancellationToken ct) => store.SnapshotAtAsync(resource, revision, ct);

    public ValueTask CompactAsync(long revision, CancellationToken ct) => store.CompactAsync(revision, ct);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private StoredObject Forgotten(StoreWrite.Put put)
    {
        var revision = store.Current.Revision + 1;
        return new(put.Key, store.Current.Find(put.Key)?.CreateRevision ?? revision, revision, put.SchemaGeneration, put.Render(revision));
    }

    private bool Strikes() => random.Next(Seldom) == 0;

    private sealed class LyingWatch(LyingStore liar, IStoreWatch watch) : IStoreWatch
    {
        private readonly Queue<EventBatch> due = [];
        private EventBatch? held;

        public bool TryRead(out EventBatch batch)
        {
            if (due.TryDequeue(out batch)) return true;
            if (!watch.TryRead(out batch)) return false;
            if (liar.ReordersEvents && held is null && !batch.Events.IsEmpty && liar.Strikes())
            {
                held = batch;
                if (!watch.TryRead(out batch)) return false;
            }

            if (liar.RepeatsEvents && !batch.Events.IsEmpty && liar.Strikes()) due.Enqueue(batch);
            if (held is { } late) due.Enqueue(late);
            held = null;
            return true;
        }

        public ValueTask WaitAsync() => watch.WaitAsync();

        public void Wake() => watch.Wake();
    }
}
