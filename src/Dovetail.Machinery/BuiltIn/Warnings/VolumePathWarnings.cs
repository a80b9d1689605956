using Dovetail.Machinery.BuiltIn.Validation;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>Files of a volume that would lie in or over each other (<c>pkg/api/pod/warnings.go</c>).</summary>
internal static class VolumePathWarnings
{
    private static readonly (string Field, string Name)[] Certificate = [("certificateChainPath", "chain"), ("keyPath", "key"), ("credentialBundlePath", "credential bundle")];

    private readonly record struct Place(string Path, string Source)
    {
        public override string ToString() => Source.Length == 0 ? $"\"{Path}\"" : $"\"{Path}\" ({Source})";
    }

    public static void Add(FieldScope spec, ICollection<string> warnings)
    {
        foreach (var volume in spec.Each("volumes"))
        {
            if (volume.Child("configMap") is { } map)
                Overlaps(volume, $"ConfigMap \"{map.Text("name")}\"", Items(map, ""), warnings);
            if (volume.Child("secret") is { } secret)
                Overlaps(volume, $"Secret \"{secret.Text("secretName")}\"", Items(secret, ""), warnings);
            if (volume.Child("downwardAPI") is { } downward)
                Overlaps(volume, "DownwardAPI", Items(downward, ""), warnings);
            if (volume.Child("projected") is not { } projected)
                continue;
            foreach (var _ in projected.Each("sources").Where(static source => source.Object.Count == 0))
                warnings.Add($"volume \"{volume.Text("name")}\" (Projected) has no sources provided");
            Overlaps(volume, "Projected", projected.Each("sources").SelectMany(Places), warnings);
        }
    }

    private static IEnumerable<Place> Items(FieldScope holder, string source) => holder.Each("items").Select(item => new Place(item.Text("path"), source));

    private static IEnumerable<Place> Places(FieldScope source)
    {
        if (source.Child("configMap") is { } map && map.Has("items"))
            return Items(map, $"ConfigMap \"{map.Text("name")}\"");
        if (source.Child("secret") is { } secret && secret.Has("items"))
            return Items(secret, $"Secret \"{secret.Text("name")}\"");
        if (source.Child("downwardAPI") is { } downward && downward.Has("items"))
            return Items(downward, "DownwardAPI");
        if (source.Child("serviceAccountToken") is { } token)
            return [new(token.Text("path"), "ServiceAccountToken")];
        if (source.Child("clusterTrustBundle") is { } bundle)
            return [new(bundle.Text("path"), $"ClusterTrustBundle \"{(bundle.Has("name") ? bundle.Text("name") : bundle.Text("signerName"))}\"")];
        var certificate = source.Part("podCertificate");
        return Certificate.Where(part => certificate.Text(part.Field).Length > 0).Select(part => new Place(certificate.Text(part.Field), $"PodCertificate {part.Name}"));
    }

    private static void Overlaps(FieldScope volume, string kind, IEnumerable<Place> places, ICollection<string> warnings)
    {
        var seen = new List<Place>();
        foreach (var given in places)
        {
            var place = given with { Path = given.Path.TrimEnd('/') };
            foreach (var other in seen.Where(other => place.Path.Length > 0 && other.Path.Length > 0 && IsWithin(place.Path, other.Path)))
                warnings.Add($"volume \"{volume.Text("name")}\" ({kind}): overlapping paths: {place} with {other}");
            seen.Add(place);
        }
    }

    private static bool IsWithin(string a, string b) => $"{a}/".StartsWith($"{b}/", StringComparison.Ordinal) || $"{b}/".StartsWith($"{a}/", StringComparison.Ordinal);
}
