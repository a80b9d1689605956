using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry.ServiceAddresses;
using Dovetail.ApiServer.Registry.Strategies;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Makes the next state of an object from the stored one, which is not to be changed. It runs again when another writer was faster.</summary>
/// <param name="Object">The next state.</param>
/// <param name="Revision">The resourceVersion that the client read; null when it does not care.</param>
internal readonly record struct NextState(JsonObject Object, long? Revision, IReadOnlyList<string> Findings);

/// <summary>Creates and updates: admission, schema, metadata rules, field managers, and the write with optimistic concurrency.</summary>
internal sealed class ObjectWriter(IRevisionStore store, ObjectBytesReader bytes, DraftProcessor processor, NamespaceGate namespaces, ServiceAllocations services, Randomness randomness)
{
    /// <summary>As often as upstream tries when the client did not name a resourceVersion.</summary>
    private const int UpdateAttempts = 10;

    private const int NameAttempts = 8;

    public async ValueTask<WriteResult> CreateAsync(WriteContext write, JsonObject obj, IReadOnlyList<string> findings, FieldOwnership ownership, CancellationToken ct)
    {
        var metadata = obj.Metadata();
        if (metadata.Text("resourceVersion") is { Length: > 0 } and not "0")
            throw Refusals.BadRequest("resourceVersion should not be set on objects to be created");
        if (write.Resource.Namespaced) namespaces.RequireActive(write, metadata.Text("name"));
        var prefix = metadata.Text("name").Length == 0 ? metadata.Text("generateName") : "";
        for (var attempt = 1; ; attempt++)
        {
            if (prefix.Length > 0) metadata["name"] = randomness.Name(prefix);
            var draft = new Draft(attempt < NameAttempts && prefix.Length > 0 ? (JsonObject)obj.DeepClone() : obj, null);
            await processor.PrepareCreateAsync(write, draft, findings, ownership, ct);
            using var allocation = services.Begin(write, draft.Object, null);
            var name = draft.Object.Metadata().Text("name");
            var key = new ObjectKey(write.Resource.StoreName, write.Resource.Namespaced ? write.Target.Namespace : "", name);
            var rendered = Rendered(write, draft.Object);
            if (write.Options.DryRun)
            {
                if (store.Current.Find(key) is not null) throw Refusals.AlreadyExists(write.Resource.Group, write.Resource.Plural, name);
                return Result(write, new(0, Unversioned(write, draft.Object)), created: true);
            }

            switch (await store.WriteAsync(new StoreWrite.Put(key, Precondition.Absent, write.Resource.SchemaGeneration, rendered.At) { Guards = write.Guards }, ct))
            {
                case WriteOutcome.Overtaken:
                    throw new OvertakenException();
                case WriteOutcome.Committed committed:
                    return Result(write, bytes.View(write.Resource, committed.Object), created: true);
                case WriteOutcome.Conflict when prefix.Length == 0:
                    throw Refusals.AlreadyExists(write.Resource.Group, write.Resource.Plural, name);
                case WriteOutcome.Conflict when attempt == NameAttempts:
                    throw Refusals.GeneratedNameTaken(write.Resource.Group, write.Resource.Plural, name);
                default:
                    write.Warnings.Clear();
                    continue;
            }
        }
    }

    /// <summary>Replaces the object by what <paramref name="next"/> makes of it. A state that equals the stored one is not written.</summary>
    public async ValueTask<WriteResult> UpdateAsync(WriteContext write, Func<StoredObject, JsonObject, NextState> next, FieldOwnership ownership, CancellationToken ct)
    {
        var key = ObjectReader.KeyOf(write.Resource, write.Target);
        for (var attempt = 1; ; attempt++)
        {
            var stored = store.Current.Find(key) ?? throw Refusals.NotFound(write.Target.Group, write.Target.Resource, write.Target.Name);
            var old = StoredJson.Tree(bytes.Bytes(write.Resource, stored).Span);
            var asked = next(stored, old);
            if (asked.Revision is { } read && read != stored.Revision) throw Refusals.StaleObject(write.Target.Group, write.Target.Resource, write.Target.Name);
            if (ReferenceEquals(asked.Object, old)) return Result(write, bytes.View(write.Resource, stored), created: false);
            var draft = new Draft(asked.Object, old);
            await processor.PrepareUpdateAsync(write, draft, asked.Findings, ownership, ct);
            using var allocation = services.Begin(write, draft.Object, old);
            if (JsonNode.DeepEquals(draft.Object, old)) return Result(write, bytes.View(write.Resource, stored), created: false);
            var rendered = Rendered(write, draft.Object);
            if (write.Options.DryRun) return Result(write, new(stored.Revision, Viewed(write, draft.Object, stored.Revision)), created: false);
            var outcome = await store.WriteAsync(WriteOf(write, key, stored, draft.Object, rendered), ct);
            switch (outcome)
            {
                case WriteOutcome.Committed committed:
                    return Result(write, bytes.View(write.Resource, committed.Object), created: false);
                default:
                    if (asked.Revision is not null || attempt == UpdateAttempts) throw Refusals.StaleObject(write.Target.Group, write.Target.Resource, write.Target.Name);
                    write.Warnings.Clear();
                    continue;
            }
        }
    }

    /// <summary>The write that takes the last obstacle to a begun deletion away is the deletion.</summary>
    private static StoreWrite WriteOf(WriteContext write, ObjectKey key, StoredObject stored, JsonObject obj, RenderedObject rendered)
    {
        var metadata = obj.Metadata();
        var strategy = ResourceStrategy.Of(write.Resource);
        var gone = obj.IsTerminating() && !metadata.Strings("finalizers").Any() && metadata.Number("deletionGracePeriodSeconds") is null or 0 && !strategy.HoldsDeletion(obj);
        return gone
            ? Deletion.Of(write.Resource, stored, obj, rendered)
            : new StoreWrite.Put(key, Precondition.At(stored.Revision), write.Resource.SchemaGeneration, rendered.At);
    }

    private static RenderedObject Rendered(WriteContext write, JsonObject obj)
    {
        if (!write.Resource.Converts) return ObjectRenderer.Render(obj, write.Resource.StorageHead);
        var stored = (JsonObject)obj.DeepClone();
        VersionConversion.ToStored(write.Resource.BuiltIn!, stored);
        return ObjectRenderer.Render(stored, write.Resource.StorageHead);
    }

    /// <summary>An object that was never written has no resourceVersion.</summary>
    private static byte[] Unversioned(WriteContext write, JsonObject obj) => ObjectRenderer.Render(obj, write.Resource.Head).Bytes.ToArray();

    private static byte[] Viewed(WriteContext write, JsonObject obj, long revision) => ObjectRenderer.Render(obj, write.Resource.Head).At(revision);

    private static WriteResult Result(WriteContext write, ObjectBytes obj, bool created) => new(obj, created, Removed: false, [.. write.Warnings.Distinct()]);
}
