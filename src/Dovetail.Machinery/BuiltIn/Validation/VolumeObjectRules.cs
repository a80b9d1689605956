using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Persistent volumes.</summary>
internal static class VolumeObjectRules
{
    /// <summary>In upstream's order.</summary>
    private static readonly string[] Sources =
    [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume",
        "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi",
    ];

    public static void Check(FieldScope volume, JsonObject? old)
    {
        CheckState(volume);
        if (old is null)
            return;
        CheckState(volume); // upstream looks twice at what is changed, and says it twice
        CheckChange(volume, old);
    }

    private static void CheckState(FieldScope volume)
    {
        var spec = volume.Part("spec");
        if (spec.Count("accessModes") == 0)
            spec.Required("accessModes");
        ClaimRules.CheckAccessModes(spec);
        CheckCapacity(spec);
        if (spec.Text("persistentVolumeReclaimPolicy").Length > 0)
            spec.OneOf("persistentVolumeReclaimPolicy", "Delete", "Recycle", "Retain");
        if (spec.Child("nodeAffinity")?.Child("required") is { } required)
            AffinityRules.CheckNodeSelector(required);
        else if (spec.Child("nodeAffinity") is { } affinity)
            affinity.Required("required", "must specify required node constraints");
        CheckSources(volume, spec);
        spec.OptionalName("storageClassName", Names.DnsSubdomain);
        if (spec.Has("volumeMode"))
            spec.OneOf("volumeMode", "Block", "Filesystem");
        CheckAttributesClass(spec);
    }

    private static void CheckChange(FieldScope volume, JsonObject old)
    {
        var (spec, before) = (volume.Part("spec"), old.Child("spec") ?? []);
        if (Sources.Any(source => !JsonNode.DeepEquals(spec.Object[source], before[source])))
            spec.Forbidden("persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
        if (!JsonNode.DeepEquals(spec.Object["volumeMode"], before["volumeMode"]))
            volume.Causes.Add(FieldErrors.Invalid("volumeMode", spec.Object["volumeMode"], "field is immutable"));
        if (before["nodeAffinity"] is { } nodes && !JsonNode.DeepEquals(spec.Object["nodeAffinity"], nodes))
            volume.Causes.Add(FieldErrors.Invalid("nodeAffinity", spec.Object["nodeAffinity"], "field is immutable"));
    }

    private static void CheckCapacity(FieldScope spec)
    {
        if (spec.Object.Child("capacity") is not { Count: > 0 } capacity)
        {
            spec.Required("capacity");
            spec.Causes.Add(FieldErrors.NotSupported(spec.At("capacity"), spec.Object["capacity"], ["storage"]));
            return;
        }
        if (capacity.Count > 1 || !capacity.ContainsKey("storage"))
            spec.NotSupported("capacity", GoStructs.Map(capacity), "storage");
        foreach (var (name, _) in capacity)
        {
            if (spec.Part("capacity").Amount(name) is not { } amount)
                continue;
            if (amount.Sign < 0)
                spec.Invalid($"capacity[{name}]", amount.ToLong(), "must be a valid resource quantity");
            if (amount.Sign <= 0)
                spec.Invalid($"capacity[{name}]", amount.ToString(), "must be greater than zero");
        }
    }

    private static void CheckAttributesClass(FieldScope spec)
    {
        if (!spec.Has("volumeAttributesClassName"))
            return;
        if (spec.Text("volumeAttributesClassName").Length == 0)
            spec.Required("volumeAttributesClassName", "an empty string is disallowed");
        else
            spec.Name("volumeAttributesClassName", Names.DnsSubdomain);
        if (!spec.Has("csi"))
            spec.Required("csi", "has to be specified when using volumeAttributesClassName");
    }

    private static void CheckSources(FieldScope volume, FieldScope spec)
    {
        var count = 0;
        foreach (var kind in Sources)
        {
            if (spec.Child(kind) is not { } source)
                continue;
            if (count++ > 0 && kind != "flexVolume")
            {
                spec.Forbidden(VolumeRules.NameInRefusal(kind), "may not specify more than 1 volume type");
                continue;
            }
            switch (kind)
            {
                case "hostPath":
                    VolumeRules.CheckHostPath(source);
                    break;
                case "local":
                    CheckLocal(spec, source);
                    break;
                case "csi":
                    CheckCsi(source);
                    break;
                default:
                    VendorVolumeRules.Check(source, kind, volume.Part("metadata").Text("name"));
                    break;
            }
        }
        if (count == 0)
            volume.Causes.Add(FieldErrors.Required("spec", "must specify a volume type"));
        if (spec.Text("persistentVolumeReclaimPolicy") == "Recycle" && spec.Child("hostPath")?.Text("path") == "/")
            spec.Forbidden("persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
    }

    private static void CheckCsi(FieldScope csi)
    {
        CsiRules.CheckDriverName(csi, "driver");
        if (csi.Text("volumeHandle").Length == 0)
            csi.Required("volumeHandle");
        foreach (var field in (ReadOnlySpan<string>)["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"])
        {
            if (csi.Child(field) is not { } secret)
                continue;
            secret.RequiredName("name", Names.DnsSubdomain);
            secret.RequiredName("namespace", Names.DnsLabel);
        }
    }

    private static void CheckLocal(FieldScope spec, FieldScope local)
    {
        if (local.Text("path").Length == 0)
            local.Required("path");
        else
            local.Name("path", VolumeRules.Backsteps);
        if (!spec.Has("nodeAffinity"))
            spec.Causes.Add(FieldErrors.Required("spec.nodeAffinity", "Local volume requires node affinity"));
    }
}
