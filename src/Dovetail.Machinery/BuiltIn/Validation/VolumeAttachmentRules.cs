using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>storage.k8s.io VolumeAttachment (<c>pkg/apis/storage/validation</c>).</summary>
internal static class VolumeAttachmentRules
{
    private const int MaxMetadataSize = 256 * 1024;
    private const int MaxErrorMessage = 1024;

    public static void Check(FieldScope attachment, JsonObject? old)
    {
        var spec = attachment.Part("spec");
        var source = spec.Part("source");
        CsiRules.CheckDriverName(spec, "attacher");
        var (volume, inline) = (source.Has("persistentVolumeName"), source.Has("inlineVolumeSpec"));
        if (!volume && !inline)
            spec.Required("source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        else if (volume && inline)
            spec.Forbidden("source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        else if (volume && source.Text("persistentVolumeName").Length == 0)
            source.Required("persistentVolumeName", "must specify non empty persistentVolumeName");
        spec.Name("nodeName", Names.DnsSubdomain);
        CheckStatus(attachment.Part("status"));
        if (volume)
            source.Name("persistentVolumeName", Names.DnsSubdomain);
        if (old is null || JsonNode.DeepEquals(spec.Object, old["spec"]))
            return;
        var shown = GoStructs.Of(spec.Object, "Attacher", "Source", "NodeName")!;
        shown["Source"] = new JsonObject { ["PersistentVolumeName"] = source.Object["persistentVolumeName"]?.DeepClone(), ["InlineVolumeSpec"] = source.Object["inlineVolumeSpec"]?.DeepClone() };
        attachment.Invalid("spec", shown, "field is immutable");
    }

    private static void CheckStatus(FieldScope status)
    {
        if (StorageClassRules.Size(status.Object.Child("attachmentMetadata")) > MaxMetadataSize)
            status.TooLong("attachmentMetadata", MaxMetadataSize);
        foreach (var field in (ReadOnlySpan<string>)["attachError", "detachError"])
        {
            if (status.Child(field) is not { } error)
                continue;
            // The bound in the message is the metadata's, as upstream has it.
            if (error.Text("message").Length > MaxErrorMessage)
                error.TooLong("message", MaxMetadataSize);
            if (error.Number("errorCode") < 0)
                error.Invalid("errorCode", "must be between 0 and 2147483647, inclusive");
        }
    }
}
