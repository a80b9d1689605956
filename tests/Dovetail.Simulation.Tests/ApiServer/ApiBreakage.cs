using System.Runtime.CompilerServices;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>One thing that is broken on purpose, to see that seeds notice.</summary>
internal sealed record ApiBreakage
{
    public static ApiBreakage None { get; } = new();

    /// <summary>Writes overwrite whatever is there.</summary>
    public bool BlindWrites { get; init; }

    /// <summary>Whose files the disk only says that it has synced: its writes are torn when the power goes.</summary>
    public Func<string, bool> SyncLies { get; init; } = static _ => false;

    /// <summary>What lies between the registry and its store.</summary>
    public Func<IRevisionStore, Random, IRevisionStore> Store { get; init; } = static (store, _) => store;

    /// <summary>What lies between a client and the API.</summary>
    public Func<IObjectApi, Random, IObjectApi> Client { get; init; } = static (api, _) => api;
}

/// <summary>An API whose watches lose an event now and then, run ahead with bookmarks, or whose reads are those of a while ago.</summary>
internal sealed class LyingApi(IObjectApi api, Random random) : IObjectApi
{
    private readonly Dictionary<string, ObjectBytes> old = [];

    public bool LosesEvents { get; init; }

    public bool BookmarksTooFar { get; init; }

    public bool ReadsStale { get; init; }

    public async ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct)
    {
        var now = await api.GetAsync(target, resourceVersion, ct);
        if (!ReadsStale) return now;
        var then = old.GetValueOrDefault(target.Name, now);
        old[target.Name] = now;
        return then;
    }

    public ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct) => api.ListAsync(target, options, ct);

    public async IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var change in api.WatchAsync(target, options, ct))
        {
            if (LosesEvents && change.Type != ObjectEventType.Bookmark && random.Next(50) == 0) continue;
            if (BookmarksTooFar && change is { Type: ObjectEventType.Bookmark, InitialEventsEnd: false }) yield return change with { Object = change.Object with { Revision = change.Object.Revision + 1 } };
            else yield return change;
        }
    }

    public ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => api.CreateAsync(target, json, options, ct);

    public ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => api.UpdateAsync(target, json, options, ct);

    public ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct) => api.PatchAsync(target, type, patch, options, ct);

    public ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct) => api.DeleteAsync(target, options, ct);

    public ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct) => api.DeleteCollectionAsync(target, selection, options, ct);
}
