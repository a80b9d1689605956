using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>storage.k8s.io/v1</c>.</summary>
internal static class StorageResources
{
    private const string Group = "storage.k8s.io/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster(Group, "CSIDriver", "csidrivers") with { NeedsRevision = true, AnswersDeleted = true, TracksGeneration = true },
        Cluster(Group, "CSINode", "csinodes") with { NeedsRevision = true, AnswersDeleted = true },
        Namespaced(Group, "CSIStorageCapacity", "csistoragecapacities") with { NeedsRevision = true },
        Cluster(Group, "StorageClass", "storageclasses") with { AnswersDeleted = true, ShortNames = ["sc"], Enforced = true },
        Cluster(Group, "VolumeAttachment", "volumeattachments") with { NeedsRevision = true, AnswersDeleted = true, Subresources = [Status("VolumeAttachment")] },
        Cluster(Group, "VolumeAttributesClass", "volumeattributesclasses") with { AnswersDeleted = true, ShortNames = ["vac"] },
    ];
}
