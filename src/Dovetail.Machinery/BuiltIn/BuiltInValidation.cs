using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn.Rules;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Rules of Kubernetes' own kinds beyond their schemas (<c>pkg/apis/*/validation</c>); metadata is checked by <see cref="ObjectMetaValidation"/>.
/// Types are the schema's business: a field of another type than it should have counts as absent here.</summary>
public static class BuiltInValidation
{
    /// <summary>Adds every broken rule of a new object.</summary>
    public static void ValidateCreate(BuiltInResource resource, JsonObject obj, List<StatusCause> causes)
    {
        // CRDs and API services are validated by projects of their own, which take any qualified name: a CRD's own cleanup finalizer has no slash.
        if (resource.Group is not ("apiextensions.k8s.io" or "apiregistration.k8s.io")) CheckFinalizers(obj, causes);
        if (GroupRules.Check(resource, obj, null, causes)) return;
        switch (resource.Group, resource.Kind)
        {
            case ("", "Pod"):
                if (obj.Child("spec") is { } pod)
                    PodValidation.CheckSpec(pod, "spec", causes);
                break;
            case ("", "Node"):
                NodeRules.Check(obj, causes);
                break;
            case ("", "ConfigMap"):
                DataValidation.CheckConfigMap(obj, causes);
                break;
            case ("", "Secret"):
                DataValidation.CheckSecret(obj, causes);
                break;
            case ("apps", _):
                if (obj.Child("spec") is { } workload)
                    WorkloadValidation.Check(workload, causes);
                break;
            case ("batch", "Job"):
                if (obj.Child("spec")?.Child("template")?.Child("spec") is { } job)
                    PodValidation.CheckSpec(job, "spec.template.spec", causes);
                break;
        }
    }

    /// <summary>Adds every broken rule of a changed object: those of a new one, and what may not change.</summary>
    /// <param name="subresource">"" or "status"; a status write is checked against fewer rules.</param>
    public static void ValidateUpdate(BuiltInResource resource, JsonObject obj, JsonObject old, string subresource, List<StatusCause> causes)
    {
        if (subresource == "status")
        {
            GroupRules.CheckStatus(resource, obj, old, causes);
            return;
        }
        if (GroupRules.Check(resource, obj, old, causes))
        {
            CheckFinalizers(obj, causes);
            return;
        }
        ValidateCreate(resource, obj, causes);
        switch (resource.Group, resource.Kind)
        {
            case ("", "Pod"):
                PodValidation.CheckUpdate(obj, old, causes);
                break;
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
            case ("apps", _):
                if (obj.Child("spec") is { } workload && old.Child("spec") is { } before)
                    Unchanged(workload, before, "selector", "spec.selector", causes);
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
