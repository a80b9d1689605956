using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Registry.Strategies;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Crds;

/// <summary>CRDs are completed where they are written: names that follow from others, and the finalizer that takes their objects away first.</summary>
internal sealed class CrdStrategy : ResourceStrategy
{
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        base.PrepareForCreate(resource, obj);
        Complete(obj);
        var metadata = obj.Metadata();
        if (metadata.Strings("finalizers").Contains(CleanupFinalizer)) return;
        var finalizers = metadata["finalizers"] as JsonArray ?? [];
        finalizers.Add((JsonNode)CleanupFinalizer);
        metadata["finalizers"] = finalizers;
    }

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        base.PrepareForUpdate(resource, obj, old, subresource);
        Complete(obj);
    }

    /// <summary>A CRD is judged by <see cref="CrdCatalog.Judge"/>, which knows the others; the rules of core kinds do not apply to it.</summary>
    public override void Validate(ServedResource resource, JsonObject obj, JsonObject? old, string subresource, List<StatusCause> causes)
    {
    }

    public override void BeginDeletion(JsonObject obj) => CrdConditions.Set(
        obj,
        CrdConditions.Terminating,
        true,
        "InstanceDeletionPending",
        "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        DateTimeOffset.Parse(obj.Metadata().Text("deletionTimestamp"), CultureInfo.InvariantCulture));

    private static void Complete(JsonObject obj)
    {
        if (obj.Child("spec") is not { } spec || spec.Child("names") is not { } names) return;
        var kind = names.Text("kind");
        if (names.Text("singular").Length == 0 && kind.Length > 0) names["singular"] = kind.ToLowerInvariant();
        if (names.Text("listKind").Length == 0 && kind.Length > 0) names["listKind"] = kind + "List";
        if (spec["conversion"] is null) spec["conversion"] = new JsonObject { ["strategy"] = "None" };
    }
}
