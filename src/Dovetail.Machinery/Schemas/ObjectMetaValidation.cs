using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>What a kind's names must look like.</summary>
public enum NameRule
{
    /// <summary>RFC 1123 subdomain, at most 253 characters: most kinds, and every custom resource.</summary>
    DnsSubdomain,

    /// <summary>RFC 1123 label, at most 63 characters: namespaces.</summary>
    DnsLabel,

    /// <summary>RFC 1035 label, at most 63 characters, starting with a letter: services.</summary>
    Dns1035Label,

    /// <summary>Anything that fits one path segment: rbac.authorization.k8s.io.</summary>
    PathSegment,

    /// <summary>An IP address in canonical form.</summary>
    IpAddress,
}

/// <summary>Validation of <c>metadata</c>, the same for every kind. Rules and words follow <c>k8s.io/apimachinery/pkg/api/validation/objectmeta.go</c>.
/// Types are the schema's business: a field of another type than it should have counts as absent here.</summary>
public static class ObjectMetaValidation
{
    /// <summary>All keys and values of annotations together, in bytes.</summary>
    public const int MaxAnnotationsSize = 256 * 1024;

    private static readonly string[] Immutable = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

    /// <summary>Adds every broken rule of a new object's metadata. The name is already generated when generateName was given.</summary>
    public static void ValidateCreate(JsonObject obj, NameRule rule, bool namespaced, List<StatusCause> causes)
    {
        if (obj["metadata"] is not JsonObject metadata)
        {
            causes.Add(FieldErrors.Required("metadata.name", "name or generateName is required"));
            return;
        }
        var name = Text(metadata, "name");
        var generateName = Text(metadata, "generateName");
        if (generateName.Length > 0 && Names.Check(rule, Masked(generateName)) is { } wrongPrefix)
            causes.Add(FieldErrors.Invalid("metadata.generateName", generateName, wrongPrefix));
        if (name.Length == 0)
            causes.Add(FieldErrors.Required("metadata.name", "name or generateName is required"));
        else if (Names.Check(rule, name) is { } wrongName)
            causes.Add(FieldErrors.Invalid("metadata.name", name, wrongName));
        CheckNamespace(Text(metadata, "namespace"), namespaced, causes);
        CheckLabels(metadata["labels"] as JsonObject, "metadata.labels", causes);
        CheckAnnotations(metadata["annotations"] as JsonObject, "metadata.annotations", causes);
        CheckOwners(metadata["ownerReferences"] as JsonArray, causes);
        CheckFinalizers(metadata["finalizers"] as JsonArray, causes);
    }

    /// <summary>Adds every broken rule of changed metadata: those of a new object, and what may not change.
    /// Fields that the server owns (uid, creationTimestamp) have been carried over where the client left them out.</summary>
    public static void ValidateUpdate(JsonObject obj, JsonObject old, NameRule rule, bool namespaced, List<StatusCause> causes)
    {
        ValidateCreate(obj, rule, namespaced, causes);
        if (obj["metadata"] is not JsonObject metadata || old["metadata"] is not JsonObject before)
            return;
        foreach (var field in Immutable)
        {
            if (!JsonNode.DeepEquals(metadata[field], before[field]))
                causes.Add(FieldErrors.Invalid($"metadata.{field}", metadata[field], "field is immutable"));
        }
        if (before["deletionTimestamp"] is not null)
            CheckNoNewFinalizers(metadata["finalizers"] as JsonArray, before["finalizers"] as JsonArray, causes);
    }

    /// <summary>Adds every broken rule of a set of labels, also those of selectors and pod templates.</summary>
    public static void CheckLabels(JsonObject? labels, string path, List<StatusCause> causes)
    {
        if (labels is null)
            return;
        foreach (var (key, node) in labels)
        {
            foreach (var wrongKey in Names.QualifiedName(key))
                causes.Add(FieldErrors.Invalid(path, key, wrongKey));
            if (node is JsonValue value && value.TryGetValue(out string? text) && Names.LabelValue(text) is { } wrongValue)
                causes.Add(FieldErrors.Invalid(path, text, wrongValue));
        }
    }

    private static void CheckNamespace(string value, bool namespaced, List<StatusCause> causes)
    {
        if (!namespaced)
        {
            if (value.Length > 0)
                causes.Add(FieldErrors.Forbidden("metadata.namespace", "not allowed on this type"));
        }
        else if (value.Length == 0)
            causes.Add(FieldErrors.Required("metadata.namespace"));
        else if (Names.DnsLabel(value) is { } wrong)
            causes.Add(FieldErrors.Invalid("metadata.namespace", value, wrong));
    }

    /// <summary>Adds every broken rule of a set of annotations, also those of pod templates.</summary>
    public static void CheckAnnotations(JsonObject? annotations, string path, List<StatusCause> causes)
    {
        if (annotations is null)
            return;
        var size = 0L;
        foreach (var (key, node) in annotations)
        {
            // Upper case is allowed in an annotation's prefix.
            foreach (var wrong in Names.QualifiedName(key.ToLowerInvariant()))
                causes.Add(FieldErrors.Invalid(path, key, wrong));
            size += Encoding.UTF8.GetByteCount(key) + (node is JsonValue value && value.TryGetValue(out string? text) ? Encoding.UTF8.GetByteCount(text) : 0);
        }
        if (size > MaxAnnotationsSize)
            causes.Add(FieldErrors.TooLong(path, MaxAnnotationsSize));
    }

    private static void CheckOwners(JsonArray? owners, List<StatusCause> causes)
    {
        if (owners is null)
            return;
        var controller = "";
        for (var i = 0; i < owners.Count; i++)
        {
            if (owners[i] is not JsonObject owner)
                continue;
            // Upstream names them without their index.
            const string path = "metadata.ownerReferences";
            if (Text(owner, "apiVersion") is var apiVersion && (apiVersion.Length == 0 || apiVersion.AsSpan().Count('/') > 1))
                causes.Add(FieldErrors.Invalid($"{path}.apiVersion", apiVersion, "version must not be empty"));
            foreach (var field in (ReadOnlySpan<string>)["kind", "name", "uid"])
            {
                if (Text(owner, field).Length == 0)
                    causes.Add(FieldErrors.Invalid($"{path}.{field}", "", "must not be empty"));
            }
            if (apiVersion == "v1" && Text(owner, "kind") == "Event")
                causes.Add(FieldErrors.Invalid(path, "v1, Kind=Event", "/v1, Kind=Event is disallowed from being an owner"));
            if (owner["controller"] is not JsonValue flag || !flag.TryGetValue(out bool controls) || !controls)
                continue;
            if (controller.Length > 0)
                causes.Add(FieldErrors.Invalid("metadata.ownerReferences", $"{Text(owner, "kind")}/{Text(owner, "name")}", $"Only one reference can have Controller set to true. Found \"true\" in references for {controller} and {Text(owner, "kind")}/{Text(owner, "name")}"));
            else
                controller = $"{Text(owner, "kind")}/{Text(owner, "name")}";
        }
    }

    private static void CheckFinalizers(JsonArray? finalizers, List<StatusCause> causes)
    {
        if (finalizers is null)
            return;
        var (orphan, foreground) = (false, false);
        for (var i = 0; i < finalizers.Count; i++)
        {
            if (finalizers[i] is not JsonValue value || !value.TryGetValue(out string? finalizer))
                continue;
            orphan |= finalizer == "orphan";
            foreground |= finalizer == "foregroundDeletion";
            foreach (var wrong in Names.QualifiedName(finalizer))
                causes.Add(FieldErrors.Invalid($"metadata.finalizers[{i}]", finalizer, wrong));
        }
        if (orphan && foreground)
            causes.Add(FieldErrors.Invalid("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
    }

    private static void CheckNoNewFinalizers(JsonArray? now, JsonArray? before, List<StatusCause> causes)
    {
        foreach (var finalizer in now ?? [])
        {
            var known = false;
            foreach (var earlier in before ?? [])
                known |= JsonNode.DeepEquals(earlier, finalizer);
            if (!known)
                causes.Add(FieldErrors.Forbidden("metadata.finalizers", $"no new finalizers can be added if the object is being deleted, found new finalizers {finalizer?.ToJsonString()}"));
        }
    }

    /// <summary>A prefix may end where a name may not, since characters follow.</summary>
    private static string Masked(string prefix) => prefix.Length > 1 && prefix[^1] == '-' ? $"{prefix[..^1]}a" : prefix;

    private static string Text(JsonObject obj, string field) => obj[field] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}
