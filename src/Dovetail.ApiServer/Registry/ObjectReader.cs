using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Gets and lists. Nothing here touches the disk, except a chunk of a list whose first page is long ago.</summary>
internal sealed class ObjectReader(IRevisionStore store, ObjectBytesReader bytes)
{
    /// <summary>Upstream's wording (<c>pkg/storage</c>); the token in the answer goes on with the newest state.</summary>
    private const string ContinueExpired =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder "
        + "of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

    private readonly RecentSnapshots recent = new();

    public ObjectBytes Get(ServedResource resource, ObjectTarget target, string resourceVersion)
    {
        var snapshot = store.Current;
        RequireReached(Revision(resourceVersion), snapshot.Revision);
        var stored = snapshot.Find(KeyOf(resource, target)) ?? throw Refusals.NotFound(target.Group, target.Resource, target.Name);
        return bytes.View(resource, stored);
    }

    public async ValueTask<ObjectListing> ListAsync(ServedResource resource, ObjectTarget target, ListOptions options, CancellationToken ct)
    {
        var filter = ObjectFilter.Parse(resource, target, options.LabelSelector, options.FieldSelector);
        var (snapshot, after) = await StartAsync(resource, options, ct);
        var ns = filter.Namespace;
        if (filter.Name is { } only && (ns is not null || !resource.Namespaced)) return One(resource, snapshot, filter, new(resource.StoreName, ns ?? "", only));

        if (filter.IsPlain && options.Limit <= 0 && after is null) return new(snapshot.Revision, new WholeListing(resource, snapshot, ns, bytes), "", null);
        var limit = options.Limit > 0 ? options.Limit : long.MaxValue;
        var items = new List<ObjectBytes>();
        StoredObject? last = null;
        foreach (var stored in snapshot.List(resource.StoreName, ns, after))
        {
            if (!filter.Matches(stored)) continue;
            if (items.Count == limit) return More(resource, snapshot, filter, items, last!, ns, after);
            items.Add(bytes.View(resource, stored));
            last = stored;
        }

        return new(snapshot.Revision, items, "", null);
    }

    private ObjectListing One(ServedResource resource, IStoreSnapshot snapshot, ObjectFilter filter, ObjectKey key)
    {
        var stored = snapshot.Find(key);
        return new(snapshot.Revision, stored is not null && filter.Matches(stored) ? [bytes.View(resource, stored)] : [], "", null);
    }

    private ObjectListing More(
        ServedResource resource, IStoreSnapshot snapshot, ObjectFilter filter, List<ObjectBytes> items, StoredObject last, string? ns, (string Namespace, string Name)? after)
    {
        recent.Remember(snapshot);
        // The number that remains is only known for free when nothing is filtered and this is the first chunk; upstream leaves it out with selectors too.
        long? remaining = filter.IsPlain && after is null ? snapshot.Count(resource.StoreName, ns) - items.Count : null;
        return new(snapshot.Revision, items, new ContinueToken(snapshot.Revision, last.Key.Namespace, last.Key.Name).Encode(), remaining);
    }

    private async ValueTask<(IStoreSnapshot Snapshot, (string Namespace, string Name)? After)> StartAsync(ServedResource resource, ListOptions options, CancellationToken ct)
    {
        var current = store.Current;
        if (options.Continue.Length > 0)
        {
            if (options.ResourceVersion is not ("" or "0")) throw Refusals.BadRequest("specifying resource version is not allowed when using continue");
            var token = ContinueToken.Decode(options.Continue);
            if (token.Revision == ContinueToken.Inconsistent) return (current, (token.Namespace, token.Name));
            return (await AtAsync(resource, current, token, ct), (token.Namespace, token.Name));
        }

        var revision = Revision(options.ResourceVersion);
        RequireReached(revision, current.Revision);
        if (options.ResourceVersionMatch != "Exact" || revision == current.Revision) return (current, null);
        try
        {
            return (recent.Find(revision) ?? await store.SnapshotAtAsync(resource.StoreName, revision, ct), null);
        }
        catch (RevisionCompactedException e)
        {
            throw Refusals.TooOldResourceVersion(revision, e.Compacted + 1);
        }
    }

    private async ValueTask<IStoreSnapshot> AtAsync(ServedResource resource, IStoreSnapshot current, ContinueToken token, CancellationToken ct)
    {
        RequireReached(token.Revision, current.Revision);
        if (token.Revision == current.Revision) return current;
        try
        {
            return recent.Find(token.Revision) ?? await store.SnapshotAtAsync(resource.StoreName, token.Revision, ct);
        }
        catch (RevisionCompactedException)
        {
            throw new StatusException(Refusals.Expired(ContinueExpired).Status with { Continue = (token with { Revision = ContinueToken.Inconsistent }).Encode() });
        }
    }

    public static ObjectKey KeyOf(ServedResource resource, ObjectTarget target) => new(resource.StoreName, resource.Namespaced ? target.Namespace : "", target.Name);

    /// <summary>A resourceVersion as a revision; "" and "0" are 0: whatever is there.</summary>
    /// <exception cref="StatusException">400: it is no number.</exception>
    public static long Revision(string resourceVersion)
    {
        if (resourceVersion.Length == 0) return 0;
        if (long.TryParse(resourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)) return revision;
        throw Refusals.BadRequest($"Invalid value: \"{resourceVersion}\": resourceVersion: strconv.ParseUint: parsing \"{resourceVersion}\": invalid syntax");
    }

    private static void RequireReached(long revision, long current)
    {
        if (revision > current) throw Refusals.TooLargeResourceVersion(revision, current);
    }
}
