using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Dovetail.Store;

/// <summary>Names one object: its resource as <c>plural</c> or <c>plural.group</c> (every served version shares it), its namespace ("" when cluster-scoped) and its name.</summary>
public readonly record struct ObjectKey(string Resource, string Namespace, string Name);

/// <summary>One object at one revision. <see cref="Bytes"/> is the UTF-8 JSON that clients are sent, resourceVersion included; nobody changes it.</summary>
/// <param name="Key">Which object.</param>
/// <param name="CreateRevision">The revision that created it.</param>
/// <param name="Revision">The revision that wrote these bytes (the object's resourceVersion).</param>
/// <param name="SchemaGeneration">The generation of the schema that defaulted and pruned these bytes.</param>
/// <param name="Bytes">The whole object.</param>
public sealed record StoredObject(ObjectKey Key, long CreateRevision, long Revision, long SchemaGeneration, byte[] Bytes)
{
    /// <summary>What readers note of the bytes so as not to look at them again; 0 is nothing. It must follow from the bytes alone: then it does not matter who was first.</summary>
    public ulong Digest { get; set; }

    /// <summary>One state of an object is one instance.</summary>
    public bool Equals(StoredObject? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);
}

/// <summary>What a write demands of the object's present state; it is checked in the store's one order of writes.</summary>
public readonly record struct Precondition
{
    private Precondition(long revision) => Revision = revision;

    /// <summary>The revision that the object must have; 0: it must not exist.</summary>
    public long Revision { get; }

    /// <summary>The object must not exist.</summary>
    public static Precondition Absent => new(0);

    /// <summary>The object must exist at exactly this revision.</summary>
    public static Precondition At(long revision) => new(revision);
}

/// <summary>Another object that must be at just this revision for a write to be made: what was decided by its state still holds when the write is committed.</summary>
public readonly record struct StoreGuard(ObjectKey Key, long Revision);

/// <summary>Builds an object's bytes once its revision is known. It runs on the store's writer: it must be quick, and must not throw or block.</summary>
public delegate byte[] RenderAtRevision(long revision);

/// <summary>One change of one object. Every change gets a revision of its own, deletions too.</summary>
public abstract record StoreWrite
{
    private StoreWrite(ObjectKey key, Precondition precondition) => (Key, Precondition) = (key, precondition);

    public ObjectKey Key { get; }

    public Precondition Precondition { get; }

    /// <summary>Creates or replaces the object.</summary>
    public sealed record Put(ObjectKey Key, Precondition Precondition, long SchemaGeneration, RenderAtRevision Render) : StoreWrite(Key, Precondition)
    {
        /// <summary>The others that the write depends on; checked in the same order of writes as the precondition, and after it.</summary>
        public IReadOnlyList<StoreGuard> Guards { get; init; } = [];
    }

    /// <summary>Deletes the object; <paramref name="Render"/> makes its last bytes at the deletion's revision, which watchers see. With <paramref name="PurgeHistory"/>
    /// no earlier bytes of the object stay on disk (Secrets); <paramref name="RenderRemnant"/> then makes what history keeps in place of the last bytes, for watches that
    /// resume later (without it the last bytes stay until they are compacted).</summary>
    public sealed record Delete(
        ObjectKey Key, Precondition Precondition, RenderAtRevision Render, bool PurgeHistory = false, RenderAtRevision? RenderRemnant = null) : StoreWrite(Key, Precondition);
}

/// <summary>How a write ended. There is no partial outcome.</summary>
public abstract record WriteOutcome
{
    private WriteOutcome() { }

    /// <summary>The change is durable and visible to readers. For a deletion, the last state at the deletion's revision.</summary>
    public sealed record Committed(StoredObject Object) : WriteOutcome;

    /// <summary>The precondition did not hold; <paramref name="Current"/> is what is there (null: nothing).</summary>
    public sealed record Conflict(StoredObject? Current) : WriteOutcome;

    /// <summary>Another object that the write depends on is no longer what it was; nothing was written.</summary>
    public sealed record Overtaken(ObjectKey Key) : WriteOutcome;
}

public enum StoreEventKind
{
    Created,
    Updated,
    Deleted,
}

/// <summary>One committed change, in revision order. <paramref name="Previous"/> is the object's state before it (null for Created). <paramref name="Purged"/>: a deletion after which no
/// read of the past finds the object.</summary>
public sealed record StoreEvent(StoreEventKind Kind, StoredObject Object, StoredObject? Previous, bool Purged = false)
{
    public long Revision => Object.Revision;
}

/// <summary>An immutable view of every current object at one revision. Reading it takes no lock and touches no disk.</summary>
public interface IStoreSnapshot
{
    /// <summary>The newest revision in this view.</summary>
    long Revision { get; }

    StoredObject? Find(ObjectKey key);

    /// <summary>Objects of one resource, ordered by namespace then name (ordinal), all namespaces when <paramref name="ns"/> is null, starting after the given
    /// (namespace, name) when <paramref name="after"/> is not null.</summary>
    IEnumerable<StoredObject> List(string resource, string? ns = null, (string Namespace, string Name)? after = null);

    /// <summary>Number of objects that <see cref="List"/> would give.</summary>
    int Count(string resource, string? ns = null, (string Namespace, string Name)? after = null);

    /// <summary>Stands for all objects of one resource: two views that give the same reference hold the same objects of it. What is derived from a resource knows by it when to be made anew.</summary>
    object ContentOf(string resource);
}

/// <summary>A revisioned store of bytes: one total order of writes, durable before it is acknowledged, current state in memory, history on disk.</summary>
public interface IRevisionStore : IAsyncDisposable
{
    /// <summary>The newest committed view.</summary>
    IStoreSnapshot Current { get; }

    /// <summary>Watches from, and reads at, revisions before this one can no longer be served; the state at it still can.</summary>
    long CompactedRevision { get; }

    /// <summary>Null while writes can be made durable; otherwise why no further write is acknowledged (a failed fsync, a full disk).</summary>
    string? WriteFailure { get; }

    /// <summary>Commits one write. The task ends only when the outcome is durable; <see cref="StoreUnavailableException"/> when it cannot be made so.</summary>
    /// <remarks>Once called the write runs to its end: cancelling stops the waiting, not the write.</remarks>
    ValueTask<WriteOutcome> WriteAsync(StoreWrite write, CancellationToken ct);

    /// <summary>Reads the events after <paramref name="fromRevision"/> of one resource (all when null), without gap or repeat.</summary>
    IStoreWatch Watch(string? resource, long fromRevision);

    /// <summary>The same as a stream, until cancelled. A batch holds consecutive events; an empty batch only tells that <see cref="EventBatch.Revision"/> was reached without a matching event.</summary>
    /// <exception cref="RevisionCompactedException">At the start, or later when the reader has fallen too far behind.</exception>
    sealed IAsyncEnumerable<EventBatch> WatchAsync(string? resource, long fromRevision, CancellationToken ct) => Watch(resource, fromRevision).ReadAllAsync(ct);

    /// <summary>The object as it was at a past revision, or null when it did not exist then (or was purged since).</summary>
    /// <exception cref="RevisionCompactedException">That revision is gone.</exception>
    ValueTask<StoredObject?> FindAtAsync(ObjectKey key, long revision, CancellationToken ct);

    /// <summary>A view as of a past revision.</summary>
    /// <exception cref="RevisionCompactedException">That revision is gone.</exception>
    ValueTask<IStoreSnapshot> SnapshotAtAsync(string resource, long revision, CancellationToken ct);

    /// <summary>Drops what happened before <paramref name="revision"/>: the state as of it is kept, so that a watch from it goes on; the current state is untouched.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The revision is newer than the current one.</exception>
    ValueTask CompactAsync(long revision, CancellationToken ct);
}

/// <summary>Consecutive events, and the revision up to which the watch has seen everything.</summary>
public readonly record struct EventBatch(ImmutableArray<StoreEvent> Events, long Revision);

/// <summary>The asked revision has been compacted (HTTP 410, reason Expired).</summary>
public sealed class RevisionCompactedException(long requested, long compacted)
    : Exception($"revision {requested} has been compacted; the oldest that is kept is {compacted}")
{
    public long Requested { get; } = requested;

    public long Compacted { get; } = compacted;
}

/// <summary>The store cannot make writes durable any more; the message says why.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
