using System.Runtime.CompilerServices;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Watches: store events as a client with selectors sees them, bookmarks while nothing happens, an end after the asked time.</summary>
/// <param name="admit">Whether the user may, and what is watched; asked when the watch begins.</param>
internal sealed class ObjectWatcher(IRevisionStore store, ObjectBytesReader bytes, TimeProvider time, Func<ObjectTarget, WatchOptions, ServedResource> admit)
{
    /// <summary>As often as upstream's watch cache tells idle watchers how far they are.</summary>
    public static TimeSpan BookmarkInterval => TimeSpan.FromSeconds(60);

    private static TimeSpan LastBookmark => TimeSpan.FromSeconds(2);

    /// <summary>Timers do not reach as far as a client may ask for; a watch that is woken early waits on.</summary>
    private static TimeSpan LongestTimer => TimeSpan.FromDays(1);

    private static TimeSpan Never => TimeSpan.MaxValue;

    public async IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        var resource = admit(target, options);
        var filter = ObjectFilter.Parse(resource, target, options.LabelSelector, options.FieldSelector);
        var from = ObjectReader.Revision(options.ResourceVersion);
        var snapshot = store.Current;
        var initial = options.SendInitialEvents ?? from == 0;
        if (initial && from > snapshot.Revision) throw Refusals.TooLargeResourceVersion(from, snapshot.Revision);
        // A watch from a revision to come sees what follows on that one; upstream lets it wait.
        var unseen = from;
        if (initial)
        {
            foreach (var stored in snapshot.List(resource.StoreName, filter.Namespace))
            {
                if (filter.Matches(stored)) yield return new(ObjectEventType.Added, bytes.View(resource, stored));
            }

            // Also for a watch that starts at "" or "0": upstream makes a streaming list of it.
            if (options.AllowBookmarks) yield return new(ObjectEventType.Bookmark, new(snapshot.Revision, default), InitialEventsEnd: true);
        }

        if (initial || from == 0 || from > snapshot.Revision) from = snapshot.Revision;
        // By the watch's age, not by the clock on the wall, which somebody may set.
        var started = time.GetTimestamp();
        var end = options.Timeout ?? Never;
        var bookmark = options.AllowBookmarks ? NextBookmark(TimeSpan.Zero, end) : Never;
        var signal = new WatchSignal();
        await using var timer = Timer(signal, end < bookmark ? end : bookmark);
        await using var events = store.WatchAsync(resource.StoreName, from, signal, ct).GetAsyncEnumerator(ct);
        while (true)
        {
            try
            {
                if (!await events.MoveNextAsync()) yield break;
            }
            catch (RevisionCompactedException e)
            {
                throw Refusals.TooOldResourceVersion(from, e.Compacted + 1);
            }

            foreach (var change in events.Current.Events)
            {
                if (change.Revision > unseen && See(resource, filter, change) is { } shown) yield return shown;
            }

            var age = time.GetElapsedTime(started);
            if (end <= age) yield break;
            if (bookmark <= age)
            {
                // Between two events of this resource the store as a whole has gone on; nothing of this resource lies between.
                bookmark = NextBookmark(age, end);
                yield return new(ObjectEventType.Bookmark, new(Math.Max(events.Current.Revision, unseen), default));
            }

            if (events.Current.Events.IsEmpty) timer?.Change(Wait((end < bookmark ? end : bookmark) - time.GetElapsedTime(started)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Wakes the watch at its next deadline; null when it has none. It is set anew by whoever it woke.</summary>
    private ITimer? Timer(WatchSignal signal, TimeSpan deadline) =>
        deadline == Never ? null : time.CreateTimer(static s => ((WatchSignal)s!).Wake(), signal, Wait(deadline), Timeout.InfiniteTimeSpan);

    private static TimeSpan Wait(TimeSpan left) => left <= TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer;

    /// <summary>The last one comes shortly before the end, so that the client's next watch need not go back far.</summary>
    private static TimeSpan NextBookmark(TimeSpan age, TimeSpan end)
    {
        var last = end - LastBookmark;
        return age < last && last < age + BookmarkInterval ? last : age + BookmarkInterval;
    }

    /// <summary>An object that a change moves out of the selection is deleted for this client, one that moves in is added.</summary>
    private ObjectEvent? See(ServedResource resource, ObjectFilter filter, StoreEvent change)
    {
        var before = change.Previous is { } previous && filter.Matches(previous);
        var now = change.Kind != StoreEventKind.Deleted && filter.Matches(change.Object);
        return (before, now) switch
        {
            (false, false) => null,
            (false, true) => new(ObjectEventType.Added, bytes.View(resource, change.Object)),
            (true, true) => new(ObjectEventType.Modified, bytes.View(resource, change.Object)),
            (true, false) when change.Kind == StoreEventKind.Deleted => new(ObjectEventType.Deleted, bytes.View(resource, change.Object)),
            // Upstream shows the last state that was selected, at the revision of the change.
            (true, false) => new(ObjectEventType.Deleted, new(change.Revision, StoredJson.AtRevision(bytes.Bytes(resource, change.Previous!).Span, resource.Head.Length, change.Revision))),
        };
    }
}
