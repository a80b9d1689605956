using System.Collections.Immutable;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.StorageProtection;

/// <summary>A finalizer that an object carries as long as it is used: put on while it lives, taken off when it goes and nobody uses it.</summary>
public static class ProtectionFinalizer
{
    public const Machinery.Endpoints.PatchType PatchType = Machinery.Endpoints.PatchType.Merge;

    /// <summary>The finalizers that the object should have; null when they are right.</summary>
    public static ImmutableArray<string>? Wanted(V1ObjectMeta metadata, string finalizer, bool used)
    {
        ImmutableArray<string> present = [.. metadata.Finalizers ?? []];
        var protect = metadata.DeletionTimestamp is null || used;
        // Nothing can be added to an object that goes.
        if (present.Contains(finalizer) == protect || (protect && metadata.DeletionTimestamp is not null)) return null;
        return protect ? present.Add(finalizer) : present.Remove(finalizer);
    }

    public static ReadOnlyMemory<byte> Patch(V1ObjectMeta metadata, ImmutableArray<string> finalizers) =>
        new MergePatchBuilder().AtRevision(metadata.ResourceVersion).Set(["metadata", "finalizers"], [.. finalizers], BuiltInJson.Default.StringArray).Build();
}
