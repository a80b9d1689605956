using System.Text.Json.Nodes;
using Dovetail.ApiServer.Crds;
using Dovetail.ApiServer.Registry.Strategies;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.BuiltIn.Warnings;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>
/// What every draft goes through, in upstream's order: take back what this path may not change, default and prune (unknown fields by name), field managers, mutating admission, metadata,
/// validation with every cause at once, validating admission. What admission adds is nobody's: an apply that leaves it out does not take it away.
/// </summary>
internal sealed class DraftProcessor(AdmissionChain admission, CrdCatalog crds, TimeProvider time, Randomness randomness)
{
    public async ValueTask PrepareCreateAsync(WriteContext write, Draft draft, IReadOnlyList<string> findings, FieldOwnership ownership, CancellationToken ct)
    {
        var (resource, obj) = (write.Resource, draft.Object);
        var strategy = ResourceStrategy.Of(resource);
        var metadata = obj.Metadata();
        foreach (var name in new[] { "resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation" }) metadata.Remove(name);
        metadata["uid"] = randomness.Uid();
        metadata["creationTimestamp"] = ObjectMeta.Timestamp(time.GetUtcNow());
        if (resource.CountsGenerations) metadata["generation"] = ObjectMeta.Long(1);
        var report = Decode(write, obj, null, findings);
        strategy.PrepareForCreate(resource, obj);
        ownership.OnCreate(write, obj);
        report = await MutateAsync(write, draft, AdmissionOperation.Create, report, ct);
        RequireValid(write, draft, strategy, report);
        await ValidateAsync(write, draft, AdmissionOperation.Create, ct);
        Warn(write, draft);
    }

    public async ValueTask PrepareUpdateAsync(WriteContext write, Draft draft, IReadOnlyList<string> findings, FieldOwnership ownership, CancellationToken ct)
    {
        var (resource, obj, old) = (write.Resource, draft.Object, draft.Old!);
        var strategy = ResourceStrategy.Of(resource);
        KeepServerMetadata(write, obj, old);
        strategy.PrepareForUpdate(resource, obj, old, write.Target.Subresource);
        var report = Decode(write, obj, old, findings);
        ownership.OnUpdate(write, obj, old);
        report = await MutateAsync(write, draft, AdmissionOperation.Update, report, ct);
        CountGeneration(resource, strategy, obj, old);
        RequireValid(write, draft, strategy, report);
        await ValidateAsync(write, draft, AdmissionOperation.Update, ct);
        Warn(write, draft);
    }

    private static void Warn(WriteContext write, Draft draft)
    {
        var resource = write.Resource;
        if (resource.BuiltIn is { } kind && draft.Old is null) BuiltInWarnings.OnCreate(kind, draft.Object, write.Warnings);
        else if (resource.BuiltIn is { } changed && write.Target.Subresource.Length == 0) BuiltInWarnings.OnUpdate(changed, draft.Object, draft.Old!, write.Warnings);
        if (resource.BuiltIn is { Enforced: false } builtIn && !IsOwnComponent(write)) write.Warnings.Add(builtIn.Warning);
        if (resource.Custom) CustomResourceRules.Warn(draft.Object, draft.Old, write.Warnings);
        if (resource.DeprecationWarning.Length > 0) write.Warnings.Add(resource.DeprecationWarning);
    }

    /// <summary>The platform's components know what is enforced; whoever runs in a pod does not.</summary>
    private static bool IsOwnComponent(WriteContext write) =>
        write.Target.User.Name is var name && name.StartsWith("system:", StringComparison.Ordinal) && !name.StartsWith("system:serviceaccount:", StringComparison.Ordinal) && name != "system:anonymous";

    /// <summary>What only the server says about an object survives any update.</summary>
    private static void KeepServerMetadata(WriteContext write, JsonObject obj, JsonObject old)
    {
        var (metadata, kept) = (obj.Metadata(), old.Metadata());
        // A body's uid is a precondition; one that a patch sets is a change, which validation refuses.
        if (write.Patched is null) new Preconditions(metadata.Text("uid"), "").Require(write.Target, old);
        if (metadata.Text("uid").Length == 0) metadata.TakeFrom(kept, "uid");
        foreach (var name in new[] { "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion", "generateName" }) metadata.TakeFrom(kept, name);
        metadata.Remove("selfLink");
    }

    /// <summary>metadata.generation counts changes of what is asked for.</summary>
    private static void CountGeneration(ServedResource resource, ResourceStrategy strategy, JsonObject obj, JsonObject old)
    {
        if (!resource.CountsGenerations || strategy.SameDesire(resource, obj, old)) return;
        obj.Metadata()["generation"] = ObjectMeta.Long((old.Metadata().Number("generation") ?? 0) + 1);
        strategy.DesireChanged(obj, old);
    }

    /// <summary>Defaults, prunes and looks at the types. A built-in kind with an ill-typed field cannot be decoded: 400, as a Go decoder answers.</summary>
    private static SchemaReport Decode(WriteContext write, JsonObject obj, JsonObject? old, IReadOnlyList<string> findings)
    {
        var report = Check(write.Resource, obj, old);
        if (!write.Resource.Custom) FieldValidation.RequireTyped(write, write.Resource.Schema, obj, report);
        FieldValidation.Judge(write, findings, report.UnknownFields);
        if (write.Resource.Custom && FieldValidation.IllTyped(report) is not null) throw Refusals.Invalid(write.Resource.Group, write.Resource.Kind, obj.Metadata().Text("name"), [.. report.Causes]);
        Complete(write.Resource, obj);
        return report;
    }

    private static SchemaReport Check(ServedResource resource, JsonObject obj, JsonObject? old) =>
        old is not null && resource.Custom ? SchemaWalk.RunUpdate(resource.Schema, obj, old, SchemaPasses.All) : SchemaWalk.Run(resource.Schema, obj, SchemaPasses.All);

    private static void Complete(ServedResource resource, JsonObject obj)
    {
        if (resource.BuiltIn is not { } builtIn) return;
        BuiltInDefaults.Apply(builtIn, obj);
        TypedForm.Apply(resource.Schema, obj);
    }

    private async ValueTask<SchemaReport> MutateAsync(WriteContext write, Draft draft, AdmissionOperation operation, SchemaReport report, CancellationToken ct)
    {
        if (!admission.Handles(write.Target, operation)) return report;
        await admission.MutateAsync(AdmissionChain.Request(operation, write.Target, draft.Object, draft.Old, write.Options.DryRun), write.Warnings, ct);
        report = Check(write.Resource, draft.Object, draft.Old);
        Complete(write.Resource, draft.Object);
        return report;
    }

    private async ValueTask ValidateAsync(WriteContext write, Draft draft, AdmissionOperation operation, CancellationToken ct)
    {
        if (!admission.Handles(write.Target, operation)) return;
        await admission.ValidateAsync(AdmissionChain.Request(operation, write.Target, draft.Object, draft.Old, write.Options.DryRun), write.Warnings, ct);
    }

    private void RequireValid(WriteContext write, Draft draft, ResourceStrategy strategy, SchemaReport report)
    {
        var (resource, obj) = (write.Resource, draft.Object);
        List<StatusCause> causes = [];
        if (draft.Old is null) ObjectMetaValidation.ValidateCreate(obj, strategy.NameRule, resource.Namespaced, causes);
        else ObjectMetaValidation.ValidateUpdate(obj, draft.Old, strategy.NameRule, resource.Namespaced, causes);
        if (resource.BuiltIn is not { } builtIn || !BuiltInValidation.IsComplete(builtIn)) causes.AddRange(report.Causes);
        strategy.Validate(resource, obj, draft.Old, write.Target.Subresource, causes);
        if (resource.StoreName == CrdCatalog.StoreName) crds.Judge(obj, draft.Old, causes);
        if (resource.Custom) CustomResourceRules.Validate(resource, obj, write.Target.Subresource, causes);
        else if (causes.Count > 0 && draft.Old is not null) Ratchet(resource, draft.Old, causes);
        // Both groups of events are one kind of the core group to upstream.
        var group = resource.Group == "events.k8s.io" ? "" : resource.Group;
        if (causes.Count > 0) throw Refusals.Invalid(group, resource.Kind, obj.Metadata().Text("name"), causes);
    }

    /// <summary>An update of a built-in object is not refused for what was wrong before and was left alone: a rule may have become stricter since.</summary>
    private static void Ratchet(ServedResource resource, JsonObject old, List<StatusCause> causes)
    {
        var before = SchemaWalk.Run(resource.Schema, (JsonObject)old.DeepClone(), SchemaPasses.Validate).Causes.ToHashSet();
        causes.RemoveAll(before.Contains);
    }
}
