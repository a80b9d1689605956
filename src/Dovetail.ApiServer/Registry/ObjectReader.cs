using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Gets and lists. Nothing here touches the disk, except a chunk of a list whose first page is long ago.</summary>
internal sealed class ObjectReader(IRevisionStore store, ObjectBytesReader bytes, TimeProvider time)
{
    /// <summary>Upstream's wording (<c>pkg/storage</c>); the token in the answer goes on with the newest state.</summary>
    private const string ContinueExpired =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder "
        + "of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

    private const string RevisionExpired = "The resourceVersion for the provided list is too old.";

    private static readonly TimeSpan LongestList = TimeSpan.FromMinutes(5);

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
        var start = await StartAsync(resource, options, ct);
        var (snapshot, after, _) = start;
        var ns = filter.Namespace;
        if (filter.Name is { } only && (ns is not null || !resource.Namespaced)) return One(resource, snapshot, filter, new(resource.StoreName, ns ?? "", only));

        // Upstream answers resourceVersion=0 from its cache, whole: clients that ask so rely on getting everything at once.
        var limit = options.Limit > 0 && options.ResourceVersion != "0" ? options.Limit : long.MaxValue;
        if (filter.IsPlain && limit == long.MaxValue && after is null) return new(snapshot.Revision, new WholeListing(resource, snapshot, ns, bytes), "", null);
        var items = new List<ObjectBytes>();
        StoredObject? last = null;
        foreach (var stored in snapshot.List(resource.StoreName, ns, after))
        {
            if (!filter.Matches(stored)) continue;
            if (items.Count == limit) return More(resource, filter, items, last!, start);
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

    private ObjectListing More(ServedResource resource, ObjectFilter filter, List<ObjectBytes> items, StoredObject last, Start start)
    {
        var (snapshot, after, begun) = start;
        recent.Remember(snapshot);
        // With selectors nobody knows without looking at every object; upstream leaves the number out then.
        long? remaining = filter.IsPlain ? snapshot.Count(resource.StoreName, filter.Namespace, after) - items.Count : null;
        return new(snapshot.Revision, items, new ContinueToken(snapshot.Revision, begun, last.Key.Namespace, last.Key.Name).Encode(), remaining);
    }

    private async ValueTask<Start> StartAsync(ServedResource resource, ListOptions options, CancellationToken ct)
    {
        var current = store.Current;
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (options.Continue.Length > 0)
        {
            var token = ContinueToken.Decode(options.Continue);
            if (options.ResourceVersion is not ("" or "0")) throw Refusals.BadRequest("specifying resource version is not allowed when using continue");
            if (token.Revision == ContinueToken.Inconsistent) return new(current, (token.Namespace, token.Name), now);
            // Upstream's history of five minutes: who lists in chunks is used to tokens that end, and upstream's own suite waits for it.
            if (now - token.Begun > LongestList.TotalSeconds) throw Outdated(token);
            return new(await AtAsync(resource, current, token, ct), (token.Namespace, token.Name), token.Begun);
        }

        var revision = ListRevision(options.ResourceVersion);
        RequireReached(revision, current.Revision);
        // A chunked list of a given revision is of exactly that one, also when it does not say so.
        var exact = options.ResourceVersionMatch == "Exact" || (options.ResourceVersionMatch.Length == 0 && options.Limit > 0 && revision > 0);
        if (!exact || revision == current.Revision) return new(current, null, now);
        try
        {
            return new(recent.Find(revision) ?? await store.SnapshotAtAsync(resource.StoreName, revision, ct), null, now);
        }
        catch (RevisionCompactedException)
        {
            throw Refusals.Expired(RevisionExpired);
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
            throw Outdated(token);
        }
    }

    private static StatusException Outdated(ContinueToken token) =>
        new(Refusals.Expired(ContinueExpired).Status with { Continue = (token with { Revision = ContinueToken.Inconsistent }).Encode() });

    public static ObjectKey KeyOf(ServedResource resource, ObjectTarget target) => new(resource.StoreName, resource.Namespaced ? target.Namespace : "", target.Name);

    /// <summary>A resourceVersion as a revision; "" and "0" are 0: whatever is there.</summary>
    /// <exception cref="StatusException">500, as upstream has it: it is no number.</exception>
    public static long Revision(string resourceVersion)
    {
        if (resourceVersion.Length == 0) return 0;
        if (long.TryParse(resourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)) return revision;
        throw new StatusException(new ApiStatus { Code = 500, Reason = "", Message = NoRevision(resourceVersion) });
    }

    /// <exception cref="StatusException">400: it is no number.</exception>
    private static long ListRevision(string resourceVersion)
    {
        if (resourceVersion.Length == 0) return 0;
        if (long.TryParse(resourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)) return revision;
        throw Refusals.BadRequest($"invalid resource version: {NoRevision(resourceVersion)}");
    }

    private static string NoRevision(string text)
    {
        var why = text.AsSpan().ContainsAnyExceptInRange('0', '9') ? "invalid syntax" : "value out of range";
        return $"resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": {why}";
    }

    private static void RequireReached(long revision, long current)
    {
        if (revision > current) throw Refusals.TooLargeResourceVersion(revision, current);
    }

    /// <summary>Where a list starts: in which view, behind which object, and when its first chunk was asked for (Unix seconds).</summary>
    private readonly record struct Start(IStoreSnapshot Snapshot, (string Namespace, string Name)? After, long Begun);
}
