using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry.Strategies;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>
/// Deletions. An object goes at once unless something holds it: finalizers (its own, or the garbage collector's when dependents are to go first or to be left), a grace period, a namespace's content.
/// Then it gets a deletionTimestamp and stays until the last of them is taken away.
/// </summary>
internal sealed class ObjectDeleter(IRevisionStore store, ObjectBytesReader bytes, AdmissionChain admission, TimeProvider time)
{
    private const string ForegroundFinalizer = "foregroundDeletion";
    private const string OrphanFinalizer = "orphan";

    private const string JobOrphansWarning =
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

    /// <summary>Kinds whose dependents stay unless the client says otherwise: they are older than garbage collection.</summary>
    private static readonly FrozenSet<string> OrphanedByDefault = FrozenSet.Create("replicationcontrollers", "jobs.batch");

    public async ValueTask<WriteResult> DeleteAsync(ServedResource resource, ObjectTarget target, DeleteOptions options, CancellationToken ct)
    {
        RequireKnownPolicy(options.PropagationPolicy);
        NamespaceGate.RequireMortal(resource, target.Name);
        var key = ObjectReader.KeyOf(resource, target);
        var strategy = ResourceStrategy.Of(resource);
        while (true)
        {
            var stored = store.Current.Find(key) ?? throw Refusals.NotFound(target.Group, target.Resource, target.Name);
            var obj = StoredJson.Tree(bytes.Bytes(resource, stored).Span);
            Preconditions.Of(options).Require(target, obj);
            List<string> warnings = resource.StoreName == "jobs.batch" && options.PropagationPolicy.Length == 0 ? [JobOrphansWarning] : [];
            await AdmitAsync(target, obj, options, warnings, ct);
            var next = (JsonObject)obj.DeepClone();
            var removed = !Hold(resource, strategy, next, options);
            if (options.DryRun) return new(bytes.View(resource, stored), false, removed, [.. warnings]);
            if (!removed && JsonNode.DeepEquals(obj, next)) return new(bytes.View(resource, stored), false, false, [.. warnings]);
            if (resource.Converts) VersionConversion.ToStored(resource.BuiltIn!, next);
            var rendered = ObjectRenderer.Render(next, resource.StorageHead);
            StoreWrite write = removed
                ? Deletion.Of(resource, stored, next, rendered)
                : new StoreWrite.Put(key, Precondition.At(stored.Revision), resource.SchemaGeneration, rendered.At);
            if (await store.WriteAsync(write, ct) is WriteOutcome.Committed committed)
                return new(bytes.View(resource, committed.Object), false, removed, [.. warnings]);
            // Somebody changed the object in between: what holds it may be different now. Its preconditions are looked at again, so this ends.
        }
    }

    /// <summary>Decides whether the object stays for now, and if so marks it.</summary>
    private bool Hold(ServedResource resource, ResourceStrategy strategy, JsonObject obj, DeleteOptions options)
    {
        Propagate(resource, obj, options.PropagationPolicy);
        var metadata = obj.Metadata();
        var grace = strategy.GraceSeconds(obj, options.GracePeriodSeconds);
        if (grace == 0 && !metadata.Strings("finalizers").Any() && !strategy.HoldsDeletion(obj)) return false;
        var now = time.GetUtcNow();
        if (!obj.IsTerminating())
        {
            if (metadata.Number("generation") is { } generation) metadata["generation"] = ObjectMeta.Long(generation + 1);
            Mark(metadata, now, grace);
            strategy.BeginDeletion(obj);
        }
        else if (options.GracePeriodSeconds is not null && metadata.Number("deletionGracePeriodSeconds") is { } present && grace < present)
        {
            // A deletion that has begun can only be shortened, by who says so, and counts from when it began.
            var began = DateTimeOffset.Parse(metadata.Text("deletionTimestamp"), CultureInfo.InvariantCulture) - TimeSpan.FromSeconds(present);
            Mark(metadata, began, grace);
        }

        return true;
    }

    private static void Mark(JsonObject metadata, DateTimeOffset began, long grace)
    {
        metadata["deletionTimestamp"] = ObjectMeta.Timestamp(began + TimeSpan.FromSeconds(grace));
        metadata["deletionGracePeriodSeconds"] = ObjectMeta.Long(grace);
    }

    /// <summary>The garbage collector's finalizers say what becomes of dependents; "" leaves what is there.</summary>
    private static void Propagate(ServedResource resource, JsonObject obj, string policy)
    {
        var metadata = obj.Metadata();
        var present = metadata.Strings("finalizers").ToList();
        if (policy.Length == 0)
        {
            if (!OrphanedByDefault.Contains(resource.StoreName) || present.Exists(f => f is ForegroundFinalizer or OrphanFinalizer)) return;
            policy = "Orphan";
        }

        var kept = present.Where(f => f is not (ForegroundFinalizer or OrphanFinalizer)).ToList();
        if (policy == "Foreground") kept.Add(ForegroundFinalizer);
        if (policy == "Orphan") kept.Add(OrphanFinalizer);
        if (kept.Count == 0) metadata.Remove("finalizers");
        else metadata["finalizers"] = new JsonArray([.. kept.Select(f => JsonValue.Create(f))]);
    }

    private async ValueTask AdmitAsync(ObjectTarget target, JsonObject obj, DeleteOptions options, List<string> warnings, CancellationToken ct)
    {
        if (!admission.Handles(target, AdmissionOperation.Delete)) return;
        var request = AdmissionChain.Request(AdmissionOperation.Delete, target, null, obj, options.DryRun);
        await admission.MutateAsync(request, warnings, ct);
        await admission.ValidateAsync(request, warnings, ct);
    }

    private static void RequireKnownPolicy(string policy)
    {
        if (policy is "" or "Background" or "Foreground" or "Orphan") return;
        throw Refusals.Invalid("meta.k8s.io", "DeleteOptions", "", [new StatusCause(
            "FieldValueNotSupported", $"Unsupported value: \"{policy}\": supported values: \"Background\", \"Foreground\", \"Orphan\"", "propagationPolicy")]);
    }
}
