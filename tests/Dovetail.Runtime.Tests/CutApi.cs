using Dovetail.Machinery.Endpoints;

namespace Dovetail.Runtime.Tests;

/// <summary>The API over a line that can be cut: every call fails then.</summary>
internal sealed class CutApi(IObjectApi api) : IObjectApi
{
    public bool IsCut { get; set; }

    private IObjectApi Line => IsCut ? throw new HttpRequestException("the line is cut") : api;

    public ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct) => Line.GetAsync(target, resourceVersion, ct);

    public ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct) => Line.ListAsync(target, options, ct);

    public IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, CancellationToken ct) => Line.WatchAsync(target, options, ct);

    public ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => Line.CreateAsync(target, json, options, ct);

    public ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => Line.UpdateAsync(target, json, options, ct);

    public ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct) =>
        Line.PatchAsync(target, type, patch, options, ct);

    public ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct) => Line.DeleteAsync(target, options, ct);

    public ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct) =>
        Line.DeleteCollectionAsync(target, selection, options, ct);
}
