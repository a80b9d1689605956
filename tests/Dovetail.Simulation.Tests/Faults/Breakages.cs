using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.Simulation.Tests.Faults;

/// <summary>Every call goes on to the API as it is; a breakage overrides what it does wrong.</summary>
internal abstract class Breakage(IObjectApi api) : IObjectApi
{
    protected IObjectApi Api => api;

    public virtual ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct) => api.GetAsync(target, resourceVersion, ct);

    public virtual ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct) => api.ListAsync(target, options, ct);

    public virtual IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, CancellationToken ct) => api.WatchAsync(target, options, ct);

    public virtual ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => api.CreateAsync(target, json, options, ct);

    public virtual ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => api.UpdateAsync(target, json, options, ct);

    public virtual ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct) =>
        api.PatchAsync(target, type, patch, options, ct);

    public virtual ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct) => api.DeleteAsync(target, options, ct);

    public ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct) =>
        api.DeleteCollectionAsync(target, selection, options, ct);

    protected static JsonObject Tree(ReadOnlyMemory<byte> json) => JsonNode.Parse(json.Span)!.AsObject();

    protected static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}

/// <summary>Writes whatever it has worked out, whatever has been written meanwhile: no resourceVersion, no test of a JSON patch. It is slow, so that something is written meanwhile.</summary>
internal sealed class BlindWrites(IObjectApi api, TimeProvider time) : Breakage(api)
{
    private static readonly TimeSpan Thinking = TimeSpan.FromSeconds(2);

    public override async ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct)
    {
        await Task.Delay(Thinking, time, ct);
        var body = Tree(json);
        var now = Tree((await Api.GetAsync(target with { Subresource = "" }, "", ct)).Json);
        body["metadata"]!["resourceVersion"] = now["metadata"]!["resourceVersion"]!.DeepClone();
        return await Api.UpdateAsync(target, Bytes(body), options, ct);
    }

    public override async ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct)
    {
        await Task.Delay(Thinking, time, ct);
        if (type == PatchType.Json)
            return await Api.PatchAsync(target, type, Bytes(new JsonArray([.. JsonNode.Parse(patch.Span)!.AsArray().Where(step => (string?)step!["op"] != "test").Select(step => step!.DeepClone())])), options, ct);
        if (type != PatchType.Merge) return await Api.PatchAsync(target, type, patch, options, ct);
        var body = Tree(patch);
        body["metadata"]?.AsObject().Remove("resourceVersion");
        return await Api.PatchAsync(target, type, Bytes(body), options, ct);
    }
}

/// <summary>Takes every finalizer off a VMI as soon as it has deleted it, instead of waiting for the guest's end.</summary>
internal sealed class HastyFinalizers(IObjectApi api) : Breakage(api)
{
    public override async ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct)
    {
        var result = await Api.DeleteAsync(target, options, ct);
        if (target.Resource == "virtualmachineinstances" && !result.Removed)
            await Api.PatchAsync(target, PatchType.Merge, """{"metadata":{"finalizers":null}}"""u8.ToArray(), new WriteOptions(), ct);
        return result;
    }
}

/// <summary>Makes pods under a new name each time and does not wait until it has seen them, so that a second look makes a second one.</summary>
internal sealed class ForgottenCreations(IObjectApi api, Random random) : Breakage(api)
{
    public override async ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct)
    {
        if (target.Resource != "pods" || target.Subresource.Length > 0) return await Api.CreateAsync(target, json, options, ct);
        var pod = Tree(json);
        pod["metadata"]!["name"] = $"{pod["metadata"]!["name"]}-{random.Next(1000, 10000)}";
        var made = await Api.CreateAsync(target, Bytes(pod), options, ct);
        var forgotten = Tree(made.Object.Json);
        forgotten["metadata"]!["resourceVersion"] = "1";
        return made with { Object = new ObjectBytes(1, Bytes(forgotten)) };
    }
}

/// <summary>A watch that now and then swallows an event and goes on as if nothing had been.</summary>
internal sealed class SwallowedEvents(IObjectApi api, Random random) : Breakage(api)
{
    public override async IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var change in Api.WatchAsync(target, options, ct))
        {
            if (random.Next(10) > 0) yield return change;
        }
    }
}
