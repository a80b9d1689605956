using Dovetail.Machinery.Apply;

namespace Dovetail.ApiServer.Registry;

/// <summary>Fields that a write through a resource or one of its subresources cannot change, and so never owns: <c>GetResetFields</c> of upstream's strategies.</summary>
internal static class ResetFields
{
    private static readonly FieldSet Spec = FieldSet.Of(["f:spec"]);
    private static readonly FieldSet Status = FieldSet.Of(["f:status"]);
    private static readonly FieldSet SpecAndStatus = Spec.Union(Status);
    private static readonly FieldSet MetadataAndSpec = Spec.Union(FieldSet.Of(["f:metadata"]));

    public static FieldSet Of(ServedResource resource, string subresource) => subresource switch
    {
        "" when !resource.HasStatus => FieldSet.Empty,
        // Who asks for a certificate asks once.
        "" => resource.Plural == "certificatesigningrequests" && !resource.Custom ? SpecAndStatus : Status,
        "status" => KeepsMetadata(resource) ? MetadataAndSpec : OfStatus(resource.Group, resource.Plural),
        "approval" => Spec.Union(FieldSet.Of(["f:status", "f:certificate"])),
        _ => FieldSet.Empty,
    };

    /// <summary>Whether a write to status leaves labels, annotations and the like alone: of custom resources and of the kinds that upstream has made since. The older ones let node agents patch them there.</summary>
    public static bool KeepsMetadata(ServedResource resource) => resource.Custom || (resource.Group, resource.Plural) is
        ("admissionregistration.k8s.io" or "flowcontrol.apiserver.k8s.io" or "resource.k8s.io" or "storagemigration.k8s.io" or "internal.apiserver.k8s.io", _)
        or ("networking.k8s.io", "servicecidrs") or ("storage.k8s.io", "volumeattachments") or ("certificates.k8s.io", "podcertificaterequests");

    private static FieldSet OfStatus(string group, string plural) => (group, plural) switch
    {
        ("", "pods") => Spec.Union(FieldSet.Of(["f:metadata", "f:deletionTimestamp"], ["f:metadata", "f:ownerReferences"])),
        ("apps", "deployments") => Spec.Union(FieldSet.Of(["f:metadata", "f:labels"])),
        ("certificates.k8s.io", "certificatesigningrequests") => Spec.Union(FieldSet.Of(["f:status", "f:conditions"])),
        _ => Spec,
    };
}
