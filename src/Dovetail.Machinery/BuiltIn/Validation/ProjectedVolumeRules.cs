using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Volumes that put several sources into one folder.</summary>
internal static class ProjectedVolumeRules
{
    private static readonly string[] Kinds = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];

    public static void Check(FieldScope volume)
    {
        VolumeRules.CheckMode(volume, "defaultMode");
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in volume.Each("sources"))
        {
            var count = 0;
            foreach (var kind in Kinds)
            {
                if (source.Child(kind) is not { } part)
                    continue;
                count++;
                CheckPart(volume, part, kind, paths);
            }
            if (count > 1)
                volume.Causes.Add(FieldErrors.Forbidden(source.Path, "may not specify more than 1 volume type per source"));
        }
    }

    private static void CheckPart(FieldScope volume, FieldScope part, string kind, HashSet<string> paths)
    {
        switch (kind)
        {
            case "secret" or "configMap":
                if (part.Text("name").Length == 0)
                    part.Required("name");
                foreach (var item in part.Each("items"))
                {
                    VolumeRules.CheckItem(item);
                    CheckUnique(volume, item.Text("path"), part.Text("name"), paths);
                }
                break;
            case "downwardAPI":
                foreach (var file in part.Object.Objects("items"))
                {
                    VolumeRules.CheckFile(new(file, part.Path, part.Causes));
                    CheckUnique(volume, file.Text("path"), file.Text("path"), paths);
                }
                break;
            case "serviceAccountToken":
                CheckToken(volume, part, paths);
                break;
            default:
                CheckUnique(volume, part.Text("path"), part.Text("path"), paths);
                break;
        }
    }

    private static void CheckToken(FieldScope volume, FieldScope token, HashSet<string> paths)
    {
        const long shortest = 10 * 60, longest = 1L << 32;
        if (token.Number("expirationSeconds") is < shortest)
            token.Invalid("expirationSeconds", "may not specify a duration less than 10 minutes");
        if (token.Number("expirationSeconds") is > longest)
            token.Invalid("expirationSeconds", "may not specify a duration larger than 2^32 seconds");
        if (token.Text("path").Length == 0)
            token.Required("path");
        else
        {
            VolumeRules.CheckFilePath(token);
            CheckUnique(volume, token.Text("path"), token.Text("path"), paths);
        }
    }

    private static void CheckUnique(FieldScope volume, string path, string shown, HashSet<string> paths)
    {
        if (path.Length > 0 && !paths.Add(path))
            volume.Causes.Add(FieldErrors.Invalid(volume.Path, shown, "conflicting duplicate paths"));
    }
}
