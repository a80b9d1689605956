using Dovetail.Machinery.BuiltIn.Validation;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>Pods and their templates (<c>pkg/api/pod/warnings.go</c>).</summary>
internal static class PodWarnings
{
    private const string NoSelector = "a null labelSelector results in matching no pod";
    private const string PodSeccomp = "seccomp.security.alpha.kubernetes.io/pod";
    private const string ContainerSeccomp = "container.seccomp.security.alpha.kubernetes.io/";
    private const string UseProfile = "non-functional in v1.27+; use the \"seccompProfile\" field instead";

    private static readonly (string Key, string Text)[] Annotations =
    [
        ("scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead"),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ];

    /// <param name="pod">A pod, or a template.</param>
    /// <param name="warnings">Where warnings go.</param>
    public static void Add(FieldScope pod, ICollection<string> warnings)
    {
        var (spec, annotations) = (pod.Part("spec"), pod.Part("metadata").Part("annotations"));
        AddPlacement(spec, warnings);
        foreach (var (key, text) in Annotations)
        {
            if (annotations.Has(key))
                warnings.Add($"{annotations.Path}[{key}]: {text}");
        }
        foreach (var volume in spec.Each("volumes"))
            VolumeWarnings.PodVolume(volume, warnings);
        VolumePathWarnings.Add(spec, warnings);
        AddDuplicates(spec, "hostAliases", "ip", warnings);
        AddDuplicates(spec, "imagePullSecrets", "name", warnings);
        foreach (var secret in spec.Each("imagePullSecrets"))
        {
            if (secret.Text("name").Length == 0)
                warnings.Add($"{secret.At("name")}: invalid empty name \"\"");
        }
        VolumeWarnings.Fraction(spec.Part("overhead"), "memory", warnings);
        VolumeWarnings.Fraction(spec.Part("overhead"), "ephemeral-storage", warnings);
        if (!spec.Part("securityContext").Has("seccompProfile") && annotations.Has(PodSeccomp))
            warnings.Add($"{annotations.Path}[{PodSeccomp}]: {UseProfile}");
        foreach (var container in Containers(spec))
            AddContainer(container, annotations, warnings);
        PortWarnings.Add(Containers(spec), warnings);
        if (spec.Number("terminationGracePeriodSeconds") < 0)
            warnings.Add($"{spec.At("terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1");
        AddPodAffinity(spec, warnings);
        ServiceWarnings.Ips(spec.Part("dnsConfig"), "nameservers", warnings);
        foreach (var alias in spec.Each("hostAliases"))
            ServiceWarnings.Ip(alias.At("ip"), alias.Text("ip"), warnings);
    }

    private static IEnumerable<FieldScope> Containers(FieldScope spec) => spec.Each("initContainers").Concat(spec.Each("containers")).Concat(spec.Each("ephemeralContainers"));

    private static void AddPlacement(FieldScope spec, ICollection<string> warnings)
    {
        foreach (var (key, _) in spec.Part("nodeSelector").Object)
        {
            if (NodeWarnings.OfLabel(key) is { } instead)
                warnings.Add($"{spec.At("nodeSelector")}[{key}]: {instead}");
        }
        var nodes = spec.Part("affinity").Part("nodeAffinity");
        foreach (var term in nodes.Part("requiredDuringSchedulingIgnoredDuringExecution").Each("nodeSelectorTerms"))
            NodeWarnings.Term(term, values: false, warnings);
        foreach (var term in nodes.Each("preferredDuringSchedulingIgnoredDuringExecution"))
            NodeWarnings.Term(term.Part("preference"), values: true, warnings);
        foreach (var constraint in spec.Each("topologySpreadConstraints"))
        {
            if (NodeWarnings.OfLabel(constraint.Text("topologyKey")) is { } instead)
                warnings.Add($"{constraint.At("topologyKey")}: {constraint.Text("topologyKey")} is {instead}");
            if (!constraint.Has("labelSelector"))
                warnings.Add($"{constraint.At("labelSelector")}: {NoSelector}");
        }
    }

    private static void AddPodAffinity(FieldScope spec, ICollection<string> warnings)
    {
        foreach (var kind in (ReadOnlySpan<string>)["podAffinity", "podAntiAffinity"])
        {
            var affinity = spec.Part("affinity").Part(kind);
            var terms = affinity.Each("requiredDuringSchedulingIgnoredDuringExecution")
                .Concat(affinity.Each("preferredDuringSchedulingIgnoredDuringExecution").Select(static weighted => weighted.Part("podAffinityTerm")));
            foreach (var term in terms)
            {
                if (!term.Has("labelSelector"))
                    warnings.Add($"{term.At("labelSelector")}: {NoSelector}");
            }
        }
    }

    private static void AddDuplicates(FieldScope spec, string list, string field, ICollection<string> warnings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in spec.Each(list))
        {
            if (!seen.Add(item.Text(field)))
                warnings.Add($"{item.At(field)}: duplicate {field} \"{item.Text(field)}\"");
        }
    }

    private static void AddContainer(FieldScope container, FieldScope annotations, ICollection<string> warnings)
    {
        var annotation = ContainerSeccomp + container.Text("name");
        if (!container.Part("securityContext").Has("seccompProfile") && annotations.Has(annotation))
            warnings.Add($"{annotations.Path}[{annotation}]: {UseProfile}");
        foreach (var name in (ReadOnlySpan<string>)["memory", "ephemeral-storage"])
        {
            foreach (var kind in (ReadOnlySpan<string>)["limits", "requests"])
                VolumeWarnings.Fraction(container.Part("resources").Part(kind), name, warnings);
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var variable in container.Each("env"))
        {
            var (name, value) = (variable.Text("name"), variable.Text("value"));
            var reference = $"$({name})";
            // A value that builds upon the one before is meant.
            if (!seen.Add(name) && (variable.Has("valueFrom") || value == reference || !value.Contains(reference, StringComparison.Ordinal)))
                warnings.Add($"{variable.Path}: hides previous definition of \"{name}\", which may be dropped when using apply");
        }
    }
}
