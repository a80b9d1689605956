using System.Text;
using Dovetail.Store;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>The store, and a record of every revision that it has ever acknowledged: what clients were told is compared with it, and so is the store after each restart.</summary>
internal sealed class RecordedStore(IRevisionStore inner, ApiBreakage broken) : IRevisionStore
{
    private readonly SortedList<long, StoreEvent> events = [];
    private IRevisionStore store = inner;
    private bool closed;

    /// <summary>The first broken promise of the store.</summary>
    public string? Violation { get; private set; }

    /// <summary>Every event by its revision.</summary>
    public IReadOnlyDictionary<long, StoreEvent> Events => events.AsReadOnly();

    public long Newest => events.Count == 0 ? 0 : events.Keys[^1];

    public IStoreSnapshot Current => store.Current;

    public long CompactedRevision => store.CompactedRevision;

    public string? WriteFailure => store.WriteFailure;

    /// <summary>The newest event of a key up to a revision; null when there was none or it was a deletion.</summary>
    public StoredObject? At(string name, long revision)
    {
        for (var i = events.Count - 1; i >= 0; i--)
        {
            if (events.Keys[i] > revision || events.Values[i].Object.Key.Name != name || events.Values[i].Object.Key.Resource != "configmaps") continue;
            return events.Values[i].Kind == StoreEventKind.Deleted ? null : events.Values[i].Object;
        }

        return null;
    }

    public async ValueTask<WriteOutcome> WriteAsync(StoreWrite write, CancellationToken ct)
    {
        if (broken.BlindWrites && write is StoreWrite.Put put && store.Current.Find(put.Key) is { } known) write = new StoreWrite.Put(put.Key, Precondition.At(known.Revision), put.SchemaGeneration, put.Render);
        var before = store.Current.Find(write.Key);
        var outcome = await store.WriteAsync(write, ct);
        if (outcome is WriteOutcome.Committed committed)
            Record(new(write is StoreWrite.Delete ? StoreEventKind.Deleted : before is null ? StoreEventKind.Created : StoreEventKind.Updated, committed.Object, before));
        return outcome;
    }

    /// <summary>After a power cut the store holds everything that was acknowledged, and at most the one write that was under way.</summary>
    public void Reopened(IRevisionStore next)
    {
        store = next;
        closed = false;
        if (next.Current.Revision < Newest) Violation ??= $"revision {Newest} was acknowledged, and the store has come back at {next.Current.Revision}";
        else if (next.Current.Revision > Newest + 1) Violation ??= $"the store was at {Newest} and has come back at {next.Current.Revision}";
        else if (next.Current.Revision == Newest + 1) RecordLate(next);
        foreach (var stored in next.Current.List("configmaps"))
        {
            if (At(stored.Key.Name, Newest) is not { } known || !known.Bytes.AsSpan().SequenceEqual(stored.Bytes))
                Violation ??= $"{stored.Key.Name} has come back as {Encoding.UTF8.GetString(stored.Bytes)}";
        }
    }

    public IStoreWatch Watch(string? resource, long fromRevision) => store.Watch(resource, fromRevision);

    public ValueTask<StoredObject?> FindAtAsync(ObjectKey key, long revision, CancellationToken ct) => store.FindAtAsync(key, revision, ct);

    public ValueTask<IStoreSnapshot> SnapshotAtAsync(string resource, long revision, CancellationToken ct) => store.SnapshotAtAsync(resource, revision, ct);

    public ValueTask CompactAsync(long revision, CancellationToken ct) => store.CompactAsync(revision, ct);

    public ValueTask DisposeAsync() => default;

    /// <summary>Once for each opening: its file system goes with it.</summary>
    public async Task CloseAsync()
    {
        if (closed) return;
        closed = true;
        try
        {
            await store.DisposeAsync();
        }
        catch (Exception e) when (e is StoreUnavailableException or Microsoft.Data.Sqlite.SqliteException)
        {
            // Without power nothing can be closed in order.
        }
    }

    /// <summary>The write that was under way when the power went has happened after all.</summary>
    private void RecordLate(IRevisionStore next)
    {
        var revision = next.Current.Revision;
        var written = next.Current.List("configmaps").FirstOrDefault(o => o.Revision == revision);
        if (written is not null)
        {
            var before = At(written.Key.Name, revision);
            Record(new(before is null ? StoreEventKind.Created : StoreEventKind.Updated, written, before));
            return;
        }

        var gone = events.Values.Select(e => e.Object.Key).Where(k => k.Resource == "configmaps").Distinct().FirstOrDefault(k => At(k.Name, revision) is not null && next.Current.Find(k) is null);
        if (gone.Name is null) return;
        var last = At(gone.Name, revision)!;
        Record(new(StoreEventKind.Deleted, last with { Revision = revision }, last));
    }

    private void Record(StoreEvent change)
    {
        if (change.Revision != Newest + 1) Violation ??= $"revision {change.Revision} follows {Newest}";
        if (!events.TryAdd(change.Revision, change)) Violation ??= $"revision {change.Revision} was given twice";
        Violation ??= Counters.Judge(change);
    }
}
