using System.Collections.Immutable;

namespace Dovetail.Store;

/// <summary>One state that an object had, and when it was written. Of a deletion the last state, at the deletion's revision; of a purged object what history keeps of it.</summary>
public sealed record PastState(StoredObject Object, StoreEventKind Kind, DateTimeOffset Time);

/// <summary>The past by object and by time, for stores that keep it on disk.</summary>
public interface IObjectHistory
{
    /// <summary>The newest revision that was committed at or before a time; 0 when that was before the first one.</summary>
    /// <exception cref="RevisionCompactedException">History does not reach back that far.</exception>
    ValueTask<long> RevisionAtAsync(DateTimeOffset time, CancellationToken ct);

    /// <summary>The states that an object had, newest first, those before a deletion included, as far back as history reaches and at most <paramref name="limit"/>. The states of an object that
    /// is there are found by following them; earlier objects of its name are searched for, which reads all of history.</summary>
    ValueTask<ImmutableArray<PastState>> StatesAsync(ObjectKey key, int limit, CancellationToken ct);
}
