using System.Runtime.CompilerServices;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Watches: store events as a client with selectors sees them, bookmarks while nothing happens, an end after the asked time.</summary>
internal sealed class ObjectWatcher(IRevisionStore store, ObjectBytesReader bytes, TimeProvider time)
{
    /// <summary>As often as upstream's watch cache tells idle watchers how far they are.</summary>
    public static TimeSpan BookmarkInterval => TimeSpan.FromSeconds(60);

    private static TimeSpan LastBookmark => TimeSpan.FromSeconds(2);

    public async IAsyncEnumerable<ObjectEvent> WatchAsync(ServedResource resource, ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
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
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var events = store.WatchAsync(resource.StoreName, from, ending.Token).GetAsyncEnumerator(ending.Token);
        var end = options.Timeout is { } timeout ? time.GetUtcNow() + timeout : DateTimeOffset.MaxValue;
        var bookmark = options.AllowBookmarks ? NextBookmark(end) : DateTimeOffset.MaxValue;
        var seen = Math.Max(from, unseen);
        Task<bool>? next = null;
        try
        {
            while (true)
            {
                next ??= NextAsync(events, from);
                if (!next.IsCompleted && !await ArrivesBeforeAsync(next, end < bookmark ? end : bookmark, ending.Token))
                {
                    if (end <= time.GetUtcNow()) yield break;
                    // Between two events of this resource the store as a whole has gone on; nothing of this resource lies between.
                    bookmark = NextBookmark(end);
                    yield return new(ObjectEventType.Bookmark, new(seen, default));
                    continue;
                }

                if (!await next) yield break;
                next = null;
                seen = events.Current.Revision;
                foreach (var change in events.Current.Events)
                {
                    if (change.Revision > unseen && See(resource, filter, change) is { } shown) yield return shown;
                }

                if (end <= time.GetUtcNow()) yield break;
                if (bookmark > time.GetUtcNow()) continue;
                bookmark = NextBookmark(end);
                yield return new(ObjectEventType.Bookmark, new(seen, default));
            }
        }
        finally
        {
            // An enumerator may only be disposed of when its step has ended.
            ending.Cancel();
            if (next is not null) await EndedAsync(next);
        }
    }

    /// <summary>The last one comes shortly before the end, so that the client's next watch need not go back far.</summary>
    private DateTimeOffset NextBookmark(DateTimeOffset end)
    {
        var now = time.GetUtcNow();
        var last = end - LastBookmark;
        return now < last && last < now + BookmarkInterval ? last : now + BookmarkInterval;
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<EventBatch> events, long from)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (RevisionCompactedException e)
        {
            throw Refusals.TooOldResourceVersion(from, e.Compacted + 1);
        }
    }

    private static async Task EndedAsync(Task step)
    {
        try
        {
            await step;
        }
        catch (Exception e) when (e is OperationCanceledException or StatusException)
        {
            // Nobody watches any more: how the step ended is nobody's business.
        }
    }

    private async ValueTask<bool> ArrivesBeforeAsync(Task next, DateTimeOffset deadline, CancellationToken ct)
    {
        if (deadline == DateTimeOffset.MaxValue)
        {
            await Task.WhenAny(next);
            return true;
        }

        var wait = deadline - time.GetUtcNow();
        if (wait <= TimeSpan.Zero) return false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var delay = Task.Delay(wait, time, stop.Token);
        var first = await Task.WhenAny(next, delay);
        stop.Cancel();
        return first == next || ct.IsCancellationRequested;
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
