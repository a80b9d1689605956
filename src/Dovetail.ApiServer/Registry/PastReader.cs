using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Reads of the past (our extension: the query parameter <c>asOf</c>, a revision or an RFC 3339 time). Nothing that was purged is found.</summary>
internal sealed class PastReader(IRevisionStore store, ObjectBytesReader bytes)
{
    private const int MostStates = 10_000;

    public async ValueTask<ObjectBytes> GetAsync(ServedResource resource, ObjectTarget target, string asOf, CancellationToken ct)
    {
        var revision = await RevisionAsync(asOf, ct);
        try
        {
            var stored = await store.FindAtAsync(ObjectReader.KeyOf(resource, target), revision, ct);
            return stored is null ? throw Refusals.NotFound(target.Group, target.Resource, target.Name) : bytes.View(resource, stored);
        }
        catch (RevisionCompactedException e)
        {
            throw Refusals.TooOldResourceVersion(revision, e.Compacted + 1);
        }
    }

    /// <summary>The same list at exactly the revision that <c>asOf</c> names.</summary>
    public async ValueTask<ListOptions> AtAsync(ListOptions options, CancellationToken ct)
    {
        if (options.Continue.Length > 0) return options; // the token knows its revision
        if (options.ResourceVersion.Length > 0) throw Refusals.BadRequest("asOf is not allowed together with resourceVersion");
        var revision = await RevisionAsync(options.AsOf, ct);
        return options with { ResourceVersion = revision.ToString(CultureInfo.InvariantCulture), ResourceVersionMatch = "Exact" };
    }

    /// <summary>What the object was, newest first: as many states as asked, all when <paramref name="limit"/> is not above 0, and never more than <see cref="MostStates"/>.</summary>
    public async ValueTask<ImmutableArray<PastObject>> StatesAsync(ServedResource resource, ObjectTarget target, long limit, CancellationToken ct)
    {
        var key = ObjectReader.KeyOf(resource, target);
        var states = await History().StatesAsync(key, limit > 0 ? (int)Math.Min(limit, MostStates) : MostStates, ct);
        if (states.IsEmpty && store.Current.Find(key) is null) throw Refusals.NotFound(target.Group, target.Resource, target.Name);
        return [.. states.Select(state => new PastObject(bytes.View(resource, state.Object), state.Kind.ToString(), state.Time))];
    }

    private async ValueTask<long> RevisionAsync(string asOf, CancellationToken ct)
    {
        var newest = store.Current.Revision;
        if (long.TryParse(asOf, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            if (revision > newest) throw Refusals.TooLargeResourceVersion(revision, newest);
            return revision > 0 ? revision : throw Refusals.TooOldResourceVersion(revision, store.CompactedRevision + 1);
        }

        if (!asOf.Contains('T', StringComparison.Ordinal) || !DateTimeOffset.TryParse(asOf, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            throw Refusals.BadRequest($"asOf is a revision or a time like 2026-11-23T10:00:00Z, not \"{asOf}\"");
        try
        {
            return await History().RevisionAtAsync(time, ct);
        }
        catch (RevisionCompactedException e)
        {
            throw Refusals.Expired($"history does not reach back to {asOf}; the oldest revision that can be read is {e.Compacted + 1}");
        }
    }

    private IObjectHistory History() => store as IObjectHistory ?? throw Refusals.BadRequest("this server's store keeps revisions in memory only, without their times: ask for a recent revision by its number");
}
