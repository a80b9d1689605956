using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;
using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>What a virtual machine or a pod needs by name, and what follows when it is not there.</summary>
internal static class ReferenceCauses
{
    /// <summary>What a VM's own spec needs, beside its template.</summary>
    public static IEnumerable<Reference> Of(VirtualMachineSpec? spec)
    {
        if (spec?.Instancetype is { Name: { Length: > 0 } type } matcher) yield return new(Kind(matcher.Kind, "VirtualMachineInstancetype", "VirtualMachineClusterInstancetype"), type, "spec.instancetype.name");
        if (spec?.Preference is { Name: { Length: > 0 } preference } preferred) yield return new(Kind(preferred.Kind, "VirtualMachinePreference", "VirtualMachineClusterPreference"), preference, "spec.preference.name");
    }

    public static IEnumerable<Reference> Of(VirtualMachineInstanceSpec? spec)
    {
        foreach (var volume in spec?.Volumes ?? [])
            foreach (var reference in Of(volume))
                yield return reference;
        foreach (var credential in spec?.AccessCredentials ?? [])
            if ((credential.SshPublicKey?.Source?.Secret ?? credential.UserPassword?.Source?.Secret)?.SecretName is { Length: > 0 } secret)
                yield return new("Secret", secret, "spec.accessCredentials");
    }

    public static IEnumerable<Reference> Of(V1PodSpec? spec)
    {
        if (spec is null) yield break;
        yield return new("ServiceAccount", string.IsNullOrEmpty(spec.ServiceAccountName) ? "default" : spec.ServiceAccountName, "spec.serviceAccountName");
        foreach (var volume in spec.Volumes ?? [])
        {
            var at = $"spec.volumes[{volume.Name}]";
            if (volume.Secret is { SecretName: { Length: > 0 } secret, Optional: not true }) yield return new("Secret", secret, at);
            if (volume.ConfigMap is { Name: { Length: > 0 } map, Optional: not true }) yield return new("ConfigMap", map, at);
            if (volume.PersistentVolumeClaim?.ClaimName is { Length: > 0 } claim) yield return new("PersistentVolumeClaim", claim, at);
        }

        foreach (var container in (spec.InitContainers ?? []).Concat(spec.Containers ?? []))
        {
            foreach (var source in container.EnvFrom ?? [])
            {
                if (source.SecretRef is { Name: { Length: > 0 } secret, Optional: not true }) yield return new("Secret", secret, $"spec.containers[{container.Name}].envFrom");
                if (source.ConfigMapRef is { Name: { Length: > 0 } map, Optional: not true }) yield return new("ConfigMap", map, $"spec.containers[{container.Name}].envFrom");
            }

            foreach (var variable in container.Env ?? [])
            {
                if (variable.ValueFrom?.SecretKeyRef is { Name: { Length: > 0 } secret, Optional: not true }) yield return new("Secret", secret, $"spec.containers[{container.Name}].env[{variable.Name}]");
                if (variable.ValueFrom?.ConfigMapKeyRef is { Name: { Length: > 0 } map, Optional: not true }) yield return new("ConfigMap", map, $"spec.containers[{container.Name}].env[{variable.Name}]");
            }
        }
    }

    public static ImmutableArray<Cause> Missing(WhyFacts f) =>
        [.. f.Missing.Select(reference => Cause.Blocked(About(reference, f), "NotFound", $"does not exist, and {reference.Field} needs it.", Create(reference, f)))];

    private static IEnumerable<Reference> Of(Volume volume)
    {
        var at = $"spec.volumes[{volume.Name}]";
        if (volume.CloudInitNoCloud is { } noCloud)
            foreach (var reference in CloudInit(noCloud.SecretRef?.Name, noCloud.NetworkDataSecretRef?.Name, $"{at}.cloudInitNoCloud"))
                yield return reference;
        if (volume.CloudInitConfigDrive is { } drive)
            foreach (var reference in CloudInit(drive.SecretRef?.Name, drive.NetworkDataSecretRef?.Name, $"{at}.cloudInitConfigDrive"))
                yield return reference;
        if (volume.Secret is { SecretName: { Length: > 0 } secret, Optional: not true }) yield return new("Secret", secret, at);
        if (volume.ConfigMap is { Name: { Length: > 0 } map, Optional: not true }) yield return new("ConfigMap", map, at);
        if (volume.ServiceAccount?.ServiceAccountName is { Length: > 0 } account) yield return new("ServiceAccount", account, at);
        if (volume.PersistentVolumeClaim?.ClaimName is { Length: > 0 } claim) yield return new("PersistentVolumeClaim", claim, at);
        if (volume.DataVolume?.Name is { Length: > 0 } data) yield return new("DataVolume", data, at);
        if (volume.Sysprep?.Secret?.Name is { Length: > 0 } answers) yield return new("Secret", answers, at);
        if (volume.Sysprep?.ConfigMap?.Name is { Length: > 0 } answer) yield return new("ConfigMap", answer, at);
    }

    private static IEnumerable<Reference> CloudInit(string? user, string? network, string at)
    {
        if (!string.IsNullOrEmpty(user)) yield return new("Secret", user, $"{at}.secretRef");
        if (!string.IsNullOrEmpty(network)) yield return new("Secret", network, $"{at}.networkDataSecretRef");
    }

    private static string Kind(string? asked, string own, string cluster) => string.Equals(asked, own, StringComparison.OrdinalIgnoreCase) ? own : cluster;

    private static string About(Reference reference, WhyFacts f) => WhyFacts.Describe(reference.Kind, reference.Kind.Contains("Cluster", StringComparison.Ordinal) ? "" : f.Namespace, reference.Name);

    private static string Create(Reference r, WhyFacts f) => r.Kind switch
    {
        "Secret" => $"kubectl -n {f.Namespace} create secret generic {r.Name} --from-file=KEY=FILE, or name another one",
        "ConfigMap" => $"kubectl -n {f.Namespace} create configmap {r.Name} --from-file=KEY=FILE, or name another one",
        "ServiceAccount" => $"kubectl -n {f.Namespace} create serviceaccount {r.Name}",
        "PersistentVolumeClaim" => $"create the claim (kubectl -n {f.Namespace} get pvc lists those that there are), or name another one",
        "DataVolume" => $"create the DataVolume (kubectl -n {f.Namespace} get dv lists those that there are), or add it to spec.dataVolumeTemplates",
        _ => $"kubectl get {r.Kind.ToLowerInvariant()} lists those that there are; name one of them",
    };
}
