using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>storage.k8s.io (<c>pkg/apis/storage/v1/defaults.go</c>).</summary>
internal static class StorageDefaults
{
    public static void StorageClass(JsonObject @class)
    {
        @class.Default("reclaimPolicy", "Delete");
        @class.Default("volumeBindingMode", "Immediate");
    }

    public static void CsiDriver(JsonObject driver)
    {
        if (driver.Child("spec") is not { } spec)
            return;
        spec.Remove("preventPodSchedulingIfMissing"); // behind a gate that is off in upstream's releases
        spec.Default("attachRequired", true);
        foreach (var off in (ReadOnlySpan<string>)["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"])
            spec.Default(off, false);
        spec["fsGroupPolicy"] ??= "ReadWriteOnceWithFSType";
        if (spec["volumeLifecycleModes"] is not JsonArray { Count: > 0 })
            spec["volumeLifecycleModes"] = new JsonArray("Persistent");
    }
}
