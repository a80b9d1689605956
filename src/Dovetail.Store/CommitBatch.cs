using System.Collections.Immutable;

namespace Dovetail.Store;

/// <summary>Decides a run of writes in order: each sees the ones before it, gets the next revision when its precondition holds, and is rendered. Nothing is visible until the
/// batch is published.</summary>
internal sealed class CommitBatch(StoreSnapshot start)
{
    private readonly ImmutableArray<StoreEvent>.Builder _events = ImmutableArray.CreateBuilder<StoreEvent>();

    /// <summary>The state after the writes so far.</summary>
    public StoreSnapshot State { get; private set; } = start;

    public int Count => _events.Count;

    public WriteOutcome Apply(StoreWrite write, out StoreEvent? change)
    {
        change = null;
        var current = State.Find(write.Key);
        if ((current?.Revision ?? 0) != write.Precondition.Revision) return new WriteOutcome.Conflict(current);
        if (write is StoreWrite.Put { Guards: { Count: > 0 } guards } && OvertakenOf(guards) is { } overtaken) return overtaken;

        var revision = State.Revision + 1;
        switch (write)
        {
            case StoreWrite.Put put:
                var written = new StoredObject(put.Key, current?.CreateRevision ?? revision, revision, put.SchemaGeneration, put.Render(revision));
                State = State.With(written);
                change = new(current is null ? StoreEventKind.Created : StoreEventKind.Updated, written, current);
                break;
            case StoreWrite.Delete delete:
                if (current is null) throw new ArgumentException($"{delete.Key} is to be deleted and to be absent", nameof(write));
                var last = current with { Revision = revision, Bytes = delete.Render(revision) };
                State = State.Without(delete.Key, revision);
                change = new(StoreEventKind.Deleted, last, current, delete.PurgeHistory);
                break;
            default:
                throw new ArgumentException($"unknown write {write.GetType().Name}", nameof(write));
        }

        _events.Add(change);
        return new WriteOutcome.Committed(change.Object);
    }

    public ImmutableArray<StoreEvent> Events() => _events.DrainToImmutable();

    private WriteOutcome.Overtaken? OvertakenOf(IReadOnlyList<StoreGuard> guards)
    {
        foreach (var guard in guards)
        {
            if (State.Find(guard.Key)?.Revision != guard.Revision) return new(guard.Key);
        }

        return null;
    }
}
