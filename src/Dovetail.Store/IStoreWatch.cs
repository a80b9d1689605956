using System.Runtime.CompilerServices;

namespace Dovetail.Store;

/// <summary>One reader of events, who asks for what is there and then waits for more: <see cref="TryRead"/> until it says no, then <see cref="WaitAsync"/>. Only <see cref="Wake"/> may be called
/// by others.</summary>
public interface IStoreWatch
{
    /// <summary>The next events, consecutive and without gap or repeat, or the news that a revision was reached without a matching event. False: there is nothing to tell yet.</summary>
    /// <exception cref="RevisionCompactedException">At the start, or later when the reader has fallen too far behind.</exception>
    /// <exception cref="ObjectDisposedException">The store was closed.</exception>
    bool TryRead(out EventBatch batch);

    /// <summary>Ends when <see cref="TryRead"/> may have something to tell. To be called after it had nothing.</summary>
    ValueTask WaitAsync();

    /// <summary>Makes a waiting watch tell how far it has got; one that does not wait does so when it would.</summary>
    void Wake();

    /// <summary>The same as a stream, until cancelled.</summary>
    sealed async IAsyncEnumerable<EventBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using var cancelled = ct.UnsafeRegister(static s => ((IStoreWatch)s!).Wake(), this);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            while (TryRead(out var batch))
            {
                yield return batch;
                ct.ThrowIfCancellationRequested();
            }

            await WaitAsync();
        }
    }
}
