using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn.Rules;
using Dovetail.Machinery.BuiltIn.Validation;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Rules of Kubernetes' own kinds beyond their schemas (<c>pkg/apis/*/validation</c>); metadata is checked by <see cref="ObjectMetaValidation"/>.
/// Types are the schema's business: a field of another type than it should have counts as absent here.</summary>
public static class BuiltInValidation
{
    /// <summary>Adds every broken rule of a new object.</summary>
    public static void ValidateCreate(BuiltInResource resource, JsonObject obj, List<StatusCause> causes) => ValidateState(resource, obj, null, causes);

    /// <summary>Whether the rules here are the whole of a kind's validation, so that what its schema requires beside types is said by them, in upstream's order and words.</summary>
    public static bool IsComplete(BuiltInResource resource) => (resource.Group, resource.Kind) is
        ("apps" or "batch" or "autoscaling" or "policy", _)
        or ("", "Pod" or "PodTemplate" or "Service" or "ReplicationController" or "PersistentVolume" or "PersistentVolumeClaim" or "ConfigMap" or "Secret" or "LimitRange" or "ResourceQuota" or "Endpoints" or "Namespace" or "Node" or "ServiceAccount" or "Event");

    private static void ValidateState(BuiltInResource resource, JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        // CRDs and API services are validated by projects of their own, which take any qualified name: a CRD's own cleanup finalizer has no slash.
        if (resource.Group is not ("apiextensions.k8s.io" or "apiregistration.k8s.io")) CheckFinalizers(obj, causes);
        if (GroupRules.Check(resource, obj, old, causes)) return;
        CheckOwn(resource, obj, old, causes);
        switch (resource.Group, resource.Kind)
        {
            case ("", "Node"):
                NodeRules.Check(obj, causes);
                break;
            case ("", "ConfigMap"):
                DataValidation.CheckConfigMap(obj, causes);
                break;
            case ("", "Secret"):
                DataValidation.CheckSecret(obj, causes);
                break;
        }
    }

    /// <summary>Adds every broken rule of a changed object: those of a new one, and what may not change.</summary>
    /// <param name="subresource">"" or "status"; a status write is checked against fewer rules.</param>
    public static void ValidateUpdate(BuiltInResource resource, JsonObject obj, JsonObject old, string subresource, List<StatusCause> causes)
    {
        switch (subresource)
        {
            case "status":
                GroupRules.CheckStatus(resource, obj, old, causes);
                StatusRules.Check(resource.Kind, new(obj, "", causes), old);
                return;
            case "ephemeralcontainers":
                PodRules.CheckEphemeralUpdate(new(obj, "", causes), old);
                return;
            case "resize":
                PodRules.Check(new(obj, "", causes));
                return;
            case not "":
                return;
        }
        ValidateState(resource, obj, old, causes);
        switch (resource.Group, resource.Kind)
        {
            case ("", "Node"):
                NodeRules.CheckUpdate(obj, old, causes);
                break;
            case ("", "ConfigMap"):
                DataValidation.CheckImmutable(obj, old, ["data", "binaryData"], causes);
                break;
            case ("", "Secret"):
                Unchanged(obj, old, "type", "type", causes);
                DataValidation.CheckImmutable(obj, old, ["data"], causes);
                break;
        }
    }

    /// <summary>Kinds whose rules are in files of their own.</summary>
    private static void CheckOwn(BuiltInResource resource, JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var scope = new FieldScope(obj, "", causes);
        switch (resource.Group, resource.Kind)
        {
            case ("", "Pod") when old is null:
                PodRules.CheckCreate(scope);
                break;
            case ("", "Pod"):
                PodRules.CheckUpdate(scope, old);
                break;
            case ("", "PodTemplate"):
                if (scope.Child("template") is { } template)
                    TemplateRules.Check(template);
                break;
            case ("", "Service"):
                ServiceRules.Check(scope, old);
                break;
            case ("", "Endpoints"):
                EndpointsRules.Check(scope);
                break;
            case ("", "Event"):
                if (obj.Child("involvedObject")?.Text("namespace") is var about && (about ?? "") != (obj.Child("metadata")?.Text("namespace") ?? "") && !((about ?? "").Length == 0 && obj.Child("metadata")?.Text("namespace") == "default"))
                    scope.Invalid("involvedObject.namespace", about ?? "", "does not match event.namespace");
                break;
            case ("", "PersistentVolume"):
                VolumeObjectRules.Check(scope, old);
                break;
            case ("", "PersistentVolumeClaim"):
                ClaimRules.Check(scope, old);
                break;
            case ("", "ResourceQuota"):
                QuotaRules.CheckQuota(scope, old);
                break;
            case ("", "LimitRange"):
                QuotaRules.CheckLimits(scope);
                break;
            case ("apps", "ControllerRevision"):
                RevisionRules.Check(scope, old);
                break;
            case ("apps", _) or ("", "ReplicationController"):
                WorkloadRules.Check(resource.Kind, scope, old);
                break;
            case ("batch", "Job"):
                JobRules.Check(scope, old);
                break;
            case ("batch", "CronJob"):
                if (old is null)
                    CronJobRules.CheckName(scope);
                CronJobRules.Check(scope);
                break;
            case ("autoscaling", _):
                var stored = (JsonObject)obj.DeepClone();
                VersionConversion.ToStored(resource, stored);
                AutoscalerRules.Check(new(stored, "", causes));
                break;
            case ("policy", "PodDisruptionBudget"):
                QuotaRules.CheckBudget(scope);
                break;
        }
    }

    internal static void Unchanged(JsonObject obj, JsonObject old, string field, string path, List<StatusCause> causes)
    {
        if (!JsonNode.DeepEquals(obj[field], old[field]))
            causes.Add(FieldErrors.Invalid(path, obj[field], "field is immutable"));
    }

    /// <summary>Built-in kinds take Kubernetes' own finalizers and fully qualified ones.</summary>
    private static void CheckFinalizers(JsonObject obj, List<StatusCause> causes)
    {
        if (obj.Child("metadata")?["finalizers"] is not JsonArray finalizers)
            return;
        for (var i = 0; i < finalizers.Count; i++)
        {
            if (finalizers[i] is JsonValue value && value.TryGetValue(out string? name) && !name.Contains('/') && name is not ("orphan" or "foregroundDeletion" or "kubernetes"))
                causes.Add(FieldErrors.Invalid($"metadata.finalizers[{i}]", name, "name is neither a standard finalizer name nor is it fully qualified"));
        }
    }
}
