using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn.Validation;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Rules of Kubernetes' own kinds beyond their schemas (<c>pkg/apis/*/validation</c>), by <see cref="ValidationTable"/>; metadata is checked by <see cref="ObjectMetaValidation"/>.
/// Types are the schema's business: a field of another type than it should have counts as absent here.</summary>
public static class BuiltInValidation
{
    /// <summary>Whether the rules here are the whole of a kind's validation, so that what its schema requires beside types is said by them, in upstream's order and words.</summary>
    public static bool IsComplete(BuiltInResource resource) => ValidationTable.Objects.ContainsKey((resource.Group, resource.Kind));

    /// <summary>Adds every broken rule of a new object.</summary>
    public static void ValidateCreate(BuiltInResource resource, JsonObject obj, List<StatusCause> causes) => ValidateState(resource, obj, null, causes);

    /// <summary>Adds every broken rule of a changed object: those of a new one, and what may not change.</summary>
    /// <param name="subresource">"" for the object itself; a write to a subresource is checked against fewer rules.</param>
    public static void ValidateUpdate(BuiltInResource resource, JsonObject obj, JsonObject old, string subresource, List<StatusCause> causes)
    {
        if (subresource.Length == 0)
            ValidateState(resource, obj, old, causes);
        else if (ValidationTable.Subresources.TryGetValue((resource.Group, resource.Kind, subresource), out var rules))
            rules(new(AsStored(resource, obj), "", causes), old);
    }

    private static void ValidateState(BuiltInResource resource, JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        // CRDs and API services are validated by projects of their own, which take any qualified name: a CRD's own cleanup finalizer has no slash.
        if (resource.Group is not ("apiextensions.k8s.io" or "apiregistration.k8s.io"))
            CheckFinalizers(obj, causes);
        if (ValidationTable.Objects.TryGetValue((resource.Group, resource.Kind), out var rules))
            rules(new(AsStored(resource, obj), "", causes), old is null ? null : AsStored(resource, old));
    }

    /// <summary>Rules know one version of a kind.</summary>
    private static JsonObject AsStored(BuiltInResource resource, JsonObject obj)
    {
        if (resource.Group is not ("autoscaling" or "events.k8s.io"))
            return obj;
        var stored = (JsonObject)obj.DeepClone();
        VersionConversion.ToStored(resource, stored);
        return stored;
    }

    /// <summary>Built-in kinds take Kubernetes' own finalizers and fully qualified ones.</summary>
    private static void CheckFinalizers(JsonObject obj, List<StatusCause> causes)
    {
        foreach (var (name, path) in new FieldScope(obj, "", causes).Part("metadata").Texts("finalizers"))
        {
            if (!name.Contains('/') && name is not ("orphan" or "foregroundDeletion" or "kubernetes"))
                causes.Add(FieldErrors.Invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified"));
        }
    }
}
