using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Volumes of a pod. Sources that no built-in rule knows are taken as their schema says.</summary>
internal static class VolumeRules
{
    private const string FileMode = "must be a number between 0 and 0777 (octal), both inclusive";

    private static readonly string[] Sources =
    [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte",
        "downwardAPI", "fc", "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
    ];

    private static readonly string[] HostPathTypes = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

    private static readonly string[] FileFields = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

    /// <summary>Checks every volume; answers the valid ones by name.</summary>
    public static Dictionary<string, FieldScope> CheckAll(FieldScope spec, string owner)
    {
        var valid = new Dictionary<string, FieldScope>(StringComparer.Ordinal);
        var made = spec.Object.Objects("volumes").Where(v => owner.Length > 0 && v["ephemeral"] is not null).Select(v => $"{owner}-{v.Text("name")}").ToHashSet(StringComparer.Ordinal);
        foreach (var volume in spec.Each("volumes"))
        {
            var wrong = spec.Causes.Count;
            CheckSources(volume, owner);
            volume.RequiredName("name", Names.DnsLabel);
            if (valid.ContainsKey(volume.Text("name")))
                volume.Causes.Add(FieldErrors.Duplicate(volume.At("name"), volume.Text("name")));
            if (spec.Causes.Count == wrong)
                valid[volume.Text("name")] = volume;
            if (volume.Child("persistentVolumeClaim") is { } claim && made.Contains(claim.Text("claimName")))
                claim.Invalid("claimName", "must not reference a PVC that gets created for an ephemeral volume");
        }
        return valid;
    }

    public static string? Backsteps(string path) => path.Split('/').Contains("..") ? "must not contain '..'" : null;

    private static void CheckSources(FieldScope volume, string owner)
    {
        var first = true;
        foreach (var kind in Sources)
        {
            if (volume.Child(kind) is not { } source)
                continue;
            if (first)
                CheckNamed(volume, source, kind, owner);
            else
                volume.Forbidden(NameInRefusal(kind), "may not specify more than 1 volume type");
            first = false;
        }
        if (first)
            volume.Causes.Add(FieldErrors.Required(volume.Path, "must specify a volume type"));
    }

    /// <summary>A source whose rules look at the names of its volume and pod too.</summary>
    private static void CheckNamed(FieldScope volume, FieldScope source, string kind, string owner)
    {
        var name = volume.Text("name");
        CheckSource(source, kind);
        if (kind == "iscsi" && source.Has("initiatorName") && $"{name}:{source.Text("targetPortal")}".Length > 64)
            volume.Invalid("name", name, VendorVolumeRules.IscsiNameTooLong);
        if (kind == "ephemeral" && owner.Length > 0 && name.Length > 0 && Names.DnsSubdomain($"{owner}-{name}") is { } wrong)
            volume.Invalid("name", name, $"PVC name \"{owner}-{name}\": {wrong}");
    }

    /// <summary>Upstream misspells two of them.</summary>
    internal static string NameInRefusal(string kind) => kind switch { "cephfs" => "cephFS", "downwardAPI" => "downwarAPI", _ => kind };

    private static void CheckSource(FieldScope source, string kind)
    {
        switch (kind)
        {
            case "emptyDir":
                if (source.Amount("sizeLimit") is { Sign: < 0 })
                    source.Forbidden("sizeLimit", "SizeLimit field must be a valid resource quantity");
                break;
            case "hostPath":
                CheckHostPath(source);
                break;
            case "secret":
                if (source.Text("secretName").Length == 0)
                    source.Required("secretName");
                CheckItems(source);
                break;
            case "configMap":
                if (source.Text("name").Length == 0)
                    source.Required("name");
                CheckItems(source);
                break;
            case "downwardAPI":
                CheckMode(source, "defaultMode");
                foreach (var file in source.Object.Objects("items"))
                    CheckFile(new(file, source.Path, source.Causes));
                break;
            case "projected":
                ProjectedVolumeRules.Check(source);
                break;
            case "csi":
                CsiRules.CheckDriverName(source, "driver");
                if (source.Child("nodePublishSecretRef") is { } secret && secret.Text("name").Length == 0)
                    secret.Required("name");
                else if (Names.DnsSubdomain(source.Part("nodePublishSecretRef").Text("name")) is { } wrong && source.Has("nodePublishSecretRef"))
                    source.Invalid("name", source.Part("nodePublishSecretRef").Text("name"), wrong);
                break;
            case "ephemeral":
                if (source.Child("volumeClaimTemplate") is not { } template)
                    source.Required("volumeClaimTemplate");
                else if (template.Child("spec") is { } claim)
                    ClaimRules.CheckSpec(claim);
                break;
            case "image":
                if (source.Text("reference").Length == 0)
                    source.Required("reference");
                source.RequiredOneOf("pullPolicy", "Always", "IfNotPresent", "Never");
                break;
            default:
                VendorVolumeRules.Check(source, kind);
                break;
        }
    }

    public static void CheckHostPath(FieldScope source)
    {
        if (source.Text("path").Length == 0)
        {
            source.Required("path");
            return;
        }
        source.Name("path", Backsteps);
        if (source.Has("type"))
            source.OneOf("type", HostPathTypes);
    }

    public static void CheckMode(FieldScope source, string field)
    {
        if (source.Number(field) is < 0 or > 511)
            source.Invalid(field, FileMode);
    }

    /// <summary>A key and the file that it becomes.</summary>
    public static void CheckItem(FieldScope item)
    {
        foreach (var field in (ReadOnlySpan<string>)["key", "path"])
        {
            if (item.Text(field).Length == 0)
                item.Required(field);
        }
        CheckFilePath(item);
        CheckMode(item, "mode");
    }

    /// <summary>A file of the downward API.</summary>
    public static void CheckFile(FieldScope file)
    {
        if (file.Text("path").Length == 0)
            file.Required("path");
        CheckFilePath(file);
        if (file.Child("fieldRef") is { } field)
        {
            EnvironmentRules.CheckField(field, FileFields);
            if (file.Has("resourceFieldRef"))
                file.Causes.Add(FieldErrors.Invalid(file.Path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
        }
        else if (file.Child("resourceFieldRef") is { } resource)
            EnvironmentRules.CheckResource(resource, inVolume: true);
        else
            file.Causes.Add(FieldErrors.Required(file.Path, "one of fieldRef and resourceFieldRef is required"));
        CheckMode(file, "mode");
    }

    public static void CheckRelative(FieldScope source, string field)
    {
        if (source.Text(field).StartsWith('/'))
            source.Invalid(field, "must be a relative path");
        source.Name(field, Backsteps);
    }

    public static void CheckFilePath(FieldScope item)
    {
        var path = item.Text("path");
        CheckRelative(item, "path");
        if (path.StartsWith("..", StringComparison.Ordinal) && !path.StartsWith("../", StringComparison.Ordinal))
            item.Invalid("path", "must not start with '..'");
    }

    private static void CheckItems(FieldScope source)
    {
        CheckMode(source, "defaultMode");
        foreach (var item in source.Each("items"))
            CheckItem(item);
    }
}
