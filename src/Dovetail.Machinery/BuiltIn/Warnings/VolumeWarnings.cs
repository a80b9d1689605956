using Dovetail.Machinery.BuiltIn.Validation;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>Volumes whose drivers have gone, and claims for parts of bytes (<c>pkg/api/persistentvolume*</c>, <c>pkg/api/storage</c>).</summary>
internal static class VolumeWarnings
{
    /// <summary>Field, the name in the warning, the warning.</summary>
    private static readonly (string Field, string Shown, string Text)[] OfPods =
    [
        ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
        ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ];

    private static readonly string[] OfPersistentVolumes = ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"];

    public static void PodVolume(FieldScope volume, ICollection<string> warnings)
    {
        foreach (var (field, shown, text) in OfPods)
        {
            if (field == "cephfs" && volume.Child("ephemeral") is { } ephemeral)
                Fractions(ephemeral.Part("volumeClaimTemplate").Part("spec"), warnings);
            if (volume.Has(field))
                warnings.Add($"{volume.At(shown)}: {text}");
        }
    }

    public static void PersistentVolume(FieldScope volume, ICollection<string> warnings)
    {
        var spec = volume.Part("spec");
        Annotation(volume, "volume.beta.kubernetes.io/storage-class", "deprecated since v1.8; use \"storageClassName\" attribute instead", warnings);
        Annotation(volume, "volume.beta.kubernetes.io/mount-options", "deprecated since v1.31; use \"mountOptions\" attribute instead", warnings);
        if (spec.Text("persistentVolumeReclaimPolicy") == "Recycle")
            warnings.Add("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.");
        foreach (var term in spec.Part("nodeAffinity").Part("required").Each("nodeSelectorTerms"))
            NodeWarnings.Term(term, values: false, warnings);
        foreach (var kind in OfPersistentVolumes)
        {
            var (_, shown, text) = Array.Find(OfPods, row => row.Field == kind);
            if (spec.Has(kind))
                warnings.Add($"{spec.At(shown)}: {text}");
        }
    }

    public static void Claim(FieldScope claim, ICollection<string> warnings)
    {
        Annotation(claim, "volume.beta.kubernetes.io/storage-class", "deprecated since v1.8; use \"storageClassName\" attribute instead", warnings);
        Fractions(claim.Part("spec"), warnings);
    }

    public static void CsiDriver(FieldScope driver, ICollection<string> warnings)
    {
        if (driver.Part("spec").Count("tokenRequests") > 0 && !driver.Part("spec").Has("serviceAccountTokenInSecrets"))
            warnings.Add("spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes");
    }

    public static void StorageClass(FieldScope @class, ICollection<string> warnings)
    {
        foreach (var expression in @class.Each("allowedTopologies").SelectMany(static t => t.Each("matchLabelExpressions")))
        {
            if (NodeWarnings.OfLabel(expression.Text("key")) is { } instead)
                warnings.Add($"{expression.At("key")}: {instead}");
        }
    }

    /// <summary>A claim for a part of a byte.</summary>
    public static void Fractions(FieldScope claim, ICollection<string> warnings)
    {
        foreach (var kind in (ReadOnlySpan<string>)["requests", "limits"])
            Fraction(claim.Part("resources").Part(kind), "storage", warnings);
    }

    public static void Fraction(FieldScope amounts, string name, ICollection<string> warnings)
    {
        if (amounts.Amount(name) is { } amount && amount.ToMilli() % 1000 != 0)
            warnings.Add($"{amounts.Path}[{name}]: fractional byte value \"{amount}\" is invalid, must be an integer");
    }

    private static void Annotation(FieldScope obj, string key, string text, ICollection<string> warnings)
    {
        if (obj.Part("metadata").Part("annotations").Has(key))
            warnings.Add($"metadata.annotations[{key}]: {text}");
    }
}
