using System.Runtime.CompilerServices;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Begins watches.</summary>
/// <param name="admit">Whether the user may, and what is watched; asked when the watch begins.</param>
/// <param name="lifeOf">How long a custom resource is served as it is, by its name in the store; null for built-in resources.</param>
internal sealed class ObjectWatcher(IRevisionStore store, ObjectBytesReader bytes, TimeProvider time, Func<ObjectTarget, WatchOptions, ServedResource> admit, Func<string, ServedLife?> lifeOf)
{
    public ObjectBytesReader Bytes => bytes;

    public TimeProvider Time => time;

    /// <exception cref="Machinery.Errors.StatusException">The watch is refused. That its revision is gone is told by the watch itself.</exception>
    public ObjectWatch Open(ObjectTarget target, WatchOptions options)
    {
        // First: a definition that comes between the two ends this watch at once, and its objects are not shown as the older one's.
        var life = lifeOf(Refusals.Qualified(target.Resource, target.Group));
        var resource = admit(target, options);
        var filter = ObjectFilter.Parse(resource, target, options.LabelSelector, options.FieldSelector);
        var from = ObjectReader.Revision(options.ResourceVersion);
        var snapshot = store.Current;
        var initial = options.SendInitialEvents ?? from == 0;
        if (initial && from > snapshot.Revision) throw Refusals.TooLargeResourceVersion(from, snapshot.Revision);
        var start = initial || from == 0 || from > snapshot.Revision ? snapshot.Revision : from;
        var over = snapshot.Revision > life?.Last;
        var watch = new ObjectWatch(this, resource, life, filter, store.Watch(resource.StoreName, start), options.AllowBookmarks)
        {
            // A watch from a revision to come sees what follows on that one; upstream lets it wait.
            Unseen = from,
            Initial = initial && !over ? snapshot.List(resource.StoreName, filter.Namespace).GetEnumerator() : null,
            InitialRevision = start,
        };
        watch.Begin(options.Timeout);
        return watch;
    }

    public async IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var watch = Open(target, options);
        await using var cancelled = ct.UnsafeRegister(static s => ((ObjectWatch)s!).Wake(), watch);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            while (watch.TryRead(out var change))
            {
                yield return change;
                ct.ThrowIfCancellationRequested();
            }

            if (watch.HasEnded) yield break;
            await watch.WaitAsync();
        }
    }
}
