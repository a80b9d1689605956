using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>A client that lists once and then watches, from where the last watch ended, as client-go's reflector does. What it sees between two revisions must be what the record has between them.</summary>
internal sealed class ApiReflector(ApiWorld world, IObjectApi api, bool streaming, Action<string> violated)
{
    private readonly SortedDictionary<string, long> cache = new(StringComparer.Ordinal);
    private long at;

    public int Seen { get; private set; }

    public int Relists { get; private set; }

    public async Task RunAsync()
    {
        while (true)
        {
            try
            {
                if (at == 0 && !streaming) await ListAsync();
                await WatchAsync();
            }
            catch (StatusException e) when (e.Status.Code == 410)
            {
                at = 0; // compacted: from the start
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or StoreUnavailableException or ObjectDisposedException or Microsoft.Data.Sqlite.SqliteException)
            {
                // The connection or the server has gone: on from where it was.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50 + world.Random.Next(500)), world.Loop.Time);
        }
    }

    /// <summary>What is cached, in words; null when it is what the store has.</summary>
    public string? Difference()
    {
        var expected = string.Join(",", Enumerable.Range(0, ApiWriter.Objects).Select(i => world.Store.At("o" + i, world.Store.Newest)).OfType<StoredObject>().Select(o => $"{o.Key.Name}@{o.Revision}"));
        var found = string.Join(",", cache.Select(e => $"{e.Key}@{e.Value}"));
        return found == expected ? null : $"a cache holds {found} instead of {expected}";
    }

    private async Task ListAsync()
    {
        var list = await api.ListAsync(Target, new ListOptions(), default);
        Replace(list.Items.Select(i => (Name(i), i.Revision)), list.Revision);
    }

    private void Replace(IEnumerable<(string Name, long Revision)> items, long revision)
    {
        cache.Clear();
        foreach (var (name, itsRevision) in items) cache[name] = itsRevision;
        at = revision;
        Relists++;
    }

    private async Task WatchAsync()
    {
        var starts = at == 0;
        var initial = new List<(string, long)>();
        var options = new WatchOptions
        {
            ResourceVersion = starts ? "" : at.ToString(CultureInfo.InvariantCulture),
            AllowBookmarks = true,
            SendInitialEvents = starts ? true : null,
            Timeout = TimeSpan.FromSeconds(5 + world.Random.Next(120)),
        };
        await foreach (var change in api.WatchAsync(Target, options, default))
        {
            if (!starts)
            {
                Follow(change);
            }
            else if (change.InitialEventsEnd)
            {
                starts = false;
                Replace(initial, change.Object.Revision);
            }
            else
            {
                initial.Add((Name(change.Object), change.Object.Revision));
            }
        }
    }

    private void Follow(ObjectEvent change)
    {
        var revision = change.Object.Revision;
        var missed = world.Store.Events.Values.FirstOrDefault(e => e.Revision > at && e.Revision < revision + (change.Type == ObjectEventType.Bookmark ? 1 : 0) && e.Object.Key.Resource == "configmaps");
        if (missed is not null) violated($"a watch went from {at} to {revision} and left {missed.Revision} out");
        if (revision < at || (revision == at && change.Type != ObjectEventType.Bookmark)) violated($"a watch at {at} was told {change.Type} {revision}");
        at = revision;
        if (change.Type == ObjectEventType.Bookmark) return;
        Seen++;
        if (!world.Store.Events.TryGetValue(revision, out var known) || Type(known.Kind) != change.Type || known.Object.Key.Name != Name(change.Object)) violated($"a watch was told {change.Type} {Name(change.Object)} at {revision}, and the store has {known?.Kind} {known?.Object.Key.Name}");
        if (change.Type == ObjectEventType.Deleted) cache.Remove(Name(change.Object));
        else cache[Name(change.Object)] = revision;
    }

    private static ObjectEventType Type(StoreEventKind kind) => kind switch
    {
        StoreEventKind.Created => ObjectEventType.Added,
        StoreEventKind.Updated => ObjectEventType.Modified,
        StoreEventKind.Deleted => ObjectEventType.Deleted,
    };

    private static string Name(ObjectBytes obj) => (string)System.Text.Json.Nodes.JsonNode.Parse(obj.Json.Span)!["metadata"]!["name"]!;

    private static ObjectTarget Target => ApiWorld.Target("configmaps", "");
}
