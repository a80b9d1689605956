using System.Reflection;
using Dovetail.Api.KubeVirt;
using k8s.Models;

namespace Dovetail.Api.Tests.Crds;

/// <summary>What Kubernetes' own API says of the types that ours embed and that the official client's models do not carry: required fields, list keys, what is replaced as a whole.</summary>
internal static class EmbeddedKinds
{
    private static readonly HashSet<(Type, string)> RequiredFields =
    [
        (typeof(V1DownwardAPIVolumeFile), "path"),
        (typeof(V1HTTPGetAction), "port"),
        (typeof(V1HTTPHeader), "name"), (typeof(V1HTTPHeader), "value"),
        (typeof(V1TCPSocketAction), "port"),
        (typeof(V1LabelSelectorRequirement), "key"), (typeof(V1LabelSelectorRequirement), "operator"),
        (typeof(V1NodeSelector), "nodeSelectorTerms"),
        (typeof(V1NodeSelectorRequirement), "key"), (typeof(V1NodeSelectorRequirement), "operator"),
        (typeof(V1ObjectFieldSelector), "fieldPath"),
        (typeof(V1ResourceFieldSelector), "resource"),
        (typeof(V1PodAffinityTerm), "topologyKey"),
        (typeof(V1WeightedPodAffinityTerm), "podAffinityTerm"), (typeof(V1WeightedPodAffinityTerm), "weight"),
        (typeof(V1PreferredSchedulingTerm), "preference"), (typeof(V1PreferredSchedulingTerm), "weight"),
        (typeof(V1TopologySpreadConstraint), "maxSkew"), (typeof(V1TopologySpreadConstraint), "topologyKey"), (typeof(V1TopologySpreadConstraint), "whenUnsatisfiable"),
        (typeof(V1TypedLocalObjectReference), "kind"), (typeof(V1TypedLocalObjectReference), "name"),
        (typeof(V1TypedObjectReference), "kind"), (typeof(V1TypedObjectReference), "name"),
        (typeof(V1PersistentVolumeClaimVolumeSource), "claimName"),
        (typeof(V1OwnerReference), "apiVersion"), (typeof(V1OwnerReference), "kind"), (typeof(V1OwnerReference), "name"), (typeof(V1OwnerReference), "uid"),
    ];

    /// <summary>Server-side apply replaces these as a whole.</summary>
    public static readonly HashSet<Type> AtomicObjects =
    [
        typeof(V1LabelSelector), typeof(V1LocalObjectReference), typeof(V1NodeSelector), typeof(V1NodeSelectorTerm), typeof(V1ObjectFieldSelector),
        typeof(V1ResourceFieldSelector), typeof(V1TypedLocalObjectReference), typeof(V1OwnerReference),
        typeof(ConfigMapVolumeSource),
    ];

    public static bool Required(PropertyInfo property) => RequiredFields.Contains((property.DeclaringType!, SchemaWriter.JsonName(property)));

    /// <summary>Go's client writes <c>creationTimestamp: null</c> into every template.</summary>
    public static bool AcceptsNull(PropertyInfo property) =>
        property.DeclaringType == typeof(V1ObjectMeta) && property.Name == nameof(V1ObjectMeta.CreationTimestamp);

    public static bool DefaultsToEmpty(PropertyInfo property) =>
        property.DeclaringType == typeof(V1LocalObjectReference) && property.Name == nameof(V1LocalObjectReference.Name);

    /// <summary>managedFields of a template make no sense and hold free-form objects, which our schemas have none of.</summary>
    public static bool Hidden(PropertyInfo property) => property.DeclaringType == typeof(V1ObjectMeta) && property.Name == nameof(V1ObjectMeta.ManagedFields);

    public static IReadOnlyList<string>? ListKeys(PropertyInfo property) =>
        property.DeclaringType == typeof(V1ObjectMeta) && property.Name == nameof(V1ObjectMeta.OwnerReferences) ? ["uid"] : null;
}
