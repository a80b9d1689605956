using System.Collections.Immutable;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>One watch: store events as a client with selectors sees them, bookmarks while nothing happens, an end after the asked time. Its reader calls <see cref="TryRead"/> until it says no and
/// waits then; only <see cref="Wake"/> may be called by others.</summary>
/// <param name="life">What the watch does not outlast; null for a built-in resource.</param>
internal sealed class ObjectWatch(ObjectWatcher watcher, ServedResource resource, ServedLife? life, ObjectFilter filter, IStoreWatch events, bool bookmarks) : IAsyncDisposable
{
    private ImmutableArray<StoreEvent> batch = [];
    private int next; // of the batch
    private long reached; // by the batch
    private bool batchEnds; // what comes behind a batch is still to be done
    // By the watch's age, not by the clock on the wall, which somebody may set.
    private long started;
    private TimeSpan end = Never;
    private TimeSpan bookmark = Never;
    private CancellationTokenRegistration ending; // wakes the watch when the resource's life ends
    private ITimer? timer; // wakes the watch at its next deadline; null when it has none

    /// <summary>As often as upstream's watch cache tells idle watchers how far they are.</summary>
    public static TimeSpan BookmarkInterval => TimeSpan.FromSeconds(60);

    private static TimeSpan LastBookmark => TimeSpan.FromSeconds(2);

    /// <summary>Timers do not reach as far as a client may ask for; a watch that is woken early waits on.</summary>
    private static TimeSpan LongestTimer => TimeSpan.FromDays(1);

    private static TimeSpan Never => TimeSpan.MaxValue;

    /// <summary>What the client sees before any event; null when it has seen it.</summary>
    public IEnumerator<StoredObject>? Initial { get; set; }

    /// <summary>The revision of <see cref="Initial"/>.</summary>
    public required long InitialRevision { get; init; }

    /// <summary>Events up to here are not for this client.</summary>
    public required long Unseen { get; init; }

    /// <summary>Its time is over; no event follows.</summary>
    public bool HasEnded { get; private set; }

    /// <param name="timeout">When it ends; null: never.</param>
    public void Begin(TimeSpan? timeout)
    {
        started = watcher.Time.GetTimestamp();
        end = timeout ?? Never;
        if (life is not null) ending = life.Ended.UnsafeRegister(static s => ((IStoreWatch)s!).Wake(), events);
        if (bookmarks) bookmark = NextBookmark(TimeSpan.Zero);
        var deadline = Earlier(end, bookmark);
        if (deadline != Never) timer = watcher.Time.CreateTimer(static s => ((IStoreWatch)s!).Wake(), events, Wait(deadline), Timeout.InfiniteTimeSpan);
    }

    /// <summary>The next event that is there already.</summary>
    /// <exception cref="Machinery.Errors.StatusException">410: what follows is no longer known.</exception>
    public bool TryRead(out ObjectEvent change)
    {
        if (Initial is not null && TryReadInitial(out change)) return true;
        while (!HasEnded)
        {
            while (next < batch.Length)
            {
                var one = batch[next++];
                if (one.Revision > life?.Last) return End(out change);
                if (one.Revision > Unseen && See(one, out change)) return true;
            }

            if (batchEnds && EndBatch(out change)) return true;
            if (HasEnded || !ReadBatch()) break;
        }

        change = default;
        return false;
    }

    private bool End(out ObjectEvent change)
    {
        (HasEnded, change) = (true, default);
        return false;
    }

    /// <summary>Ends when <see cref="TryRead"/> may have something. To be called after it had nothing.</summary>
    public ValueTask WaitAsync() => events.WaitAsync();

    /// <summary>Ends the waiting.</summary>
    public void Wake() => events.Wake();

    public ValueTask DisposeAsync()
    {
        Initial?.Dispose();
        ending.Unregister();
        return timer?.DisposeAsync() ?? default;
    }

    private bool TryReadInitial(out ObjectEvent change)
    {
        while (Initial!.MoveNext())
        {
            if (!filter.Matches(Initial.Current)) continue;
            change = new(ObjectEventType.Added, watcher.Bytes.View(resource, Initial.Current));
            return true;
        }

        Initial.Dispose();
        Initial = null;
        // Also for a watch that starts at "" or "0": upstream makes a streaming list of it.
        change = new(ObjectEventType.Bookmark, new(InitialRevision, default), InitialEventsEnd: true);
        return bookmarks;
    }

    private bool ReadBatch()
    {
        try
        {
            if (!events.TryRead(out var read)) return false;
            (batch, next, reached, batchEnds) = (read.Events, 0, read.Revision, true);
            return true;
        }
        catch (RevisionCompactedException e)
        {
            throw Refusals.TooOldResourceVersion(e.Requested, e.Compacted + 1);
        }
    }

    /// <summary>Behind each batch: the end, a bookmark, the next deadline.</summary>
    private bool EndBatch(out ObjectEvent change)
    {
        var woken = batch.IsEmpty;
        (batch, batchEnds, change) = ([], false, default);
        if (reached >= life?.Last) return End(out change);
        if (timer is null) return false;
        var age = watcher.Time.GetElapsedTime(started);
        HasEnded = end <= age;
        var due = !HasEnded && bookmark <= age;
        if (due) bookmark = NextBookmark(age);
        if (woken) timer.Change(Wait(Earlier(end, bookmark) - age), Timeout.InfiniteTimeSpan);
        // Between two events of this resource the store as a whole has gone on; nothing of this resource lies between.
        if (due) change = new(ObjectEventType.Bookmark, new(Math.Max(reached, Unseen), default));
        return due;
    }

    private static TimeSpan Wait(TimeSpan left) => left <= TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer;

    /// <summary>The last one comes shortly before the end, so that the client's next watch need not go back far.</summary>
    private TimeSpan NextBookmark(TimeSpan age)
    {
        var last = end - LastBookmark;
        return age < last && last < age + BookmarkInterval ? last : age + BookmarkInterval;
    }

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>An object that a change moves out of the selection is deleted for this client, one that moves in is added.</summary>
    private bool See(StoreEvent change, out ObjectEvent shown)
    {
        var before = change.Previous is { } previous && filter.Matches(previous);
        var now = change.Kind != StoreEventKind.Deleted && filter.Matches(change.Object);
        shown = (before, now) switch
        {
            (false, false) => default,
            (false, true) => new(ObjectEventType.Added, watcher.Bytes.View(resource, change.Object)),
            (true, true) => new(ObjectEventType.Modified, watcher.Bytes.View(resource, change.Object)),
            (true, false) when change.Kind == StoreEventKind.Deleted => new(ObjectEventType.Deleted, watcher.Bytes.View(resource, change.Object)),
            // Upstream shows the last state that was selected, at the revision of the change.
            (true, false) => new(ObjectEventType.Deleted, new(change.Revision, StoredJson.AtRevision(watcher.Bytes.Bytes(resource, change.Previous!).Span, resource.Head.Length, change.Revision))),
        };
        return before || now;
    }
}
