using System.Collections.Immutable;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>The admission plugins that kube-apiserver runs by default and that need nothing but the store, in its order and by its names.</summary>
public static class BuiltInAdmission
{
    /// <summary>The registry's own (<see cref="ObjectRegistryOptions.RestrictNodes"/>): without it a node could write what it likes.</summary>
    public const string NodeRestriction = "NodeRestriction";

    private static readonly ImmutableArray<(string Name, Func<IRevisionStore, Randomness, ImmutableArray<IAdmissionPlugin>> Make)> InOrder =
    [
        ("ServiceAccount", static (store, randomness) => [new ServiceAccountPlugin(store, randomness)]),
        ("TaintNodesByCondition", static (_, _) => [new TaintNodesByConditionPlugin()]),
        ("Priority", static (store, _) => [new PriorityPlugin(store), new PriorityClassPlugin(store)]),
        ("DefaultTolerationSeconds", static (_, _) => [new DefaultTolerationSecondsPlugin()]),
        ("DefaultStorageClass", static (store, _) => [new DefaultStorageClassPlugin(store)]),
        ("StorageObjectInUseProtection", static (_, _) => [.. StorageObjectInUsePlugin.All]),
        ("PersistentVolumeClaimResize", static (store, _) => [new VolumeClaimResizePlugin(store)]),
        ("RuntimeClass", static (store, _) => [new RuntimeClassPlugin(store)]),
        ("DefaultIngressClass", static (store, _) => [new DefaultIngressClassPlugin(store)]),
    ];

    /// <summary>Part of what the registry is: it does not work without them.</summary>
    private static readonly ImmutableHashSet<string> Fixed = ["NamespaceLifecycle", "CertificateApproval", "CertificateSigning", "CertificateSubjectRestriction"];

    /// <summary>Upstream's that do not run here: switched off they are as they are.</summary>
    private static readonly ImmutableHashSet<string> Absent =
    [
        "AlwaysAdmit", "NamespaceAutoProvision", "NamespaceExists", "LimitPodHardAntiAffinityTopology", "LimitRanger", "AlwaysPullImages", "ImagePolicyWebhook", "PodSecurity", "PodNodeSelector",
        "PodTolerationRestriction", "EventRateLimit", "ExtendedResourceToleration", "PodGroupProtection", "OwnerReferencesPermissionEnforcement", "ClusterTrustBundleAttest", "DenyServiceExternalIPs", "PodTopologyLabels",
        "PodGroupWorkloadExists", "NodeDeclaredFeatureValidator", "JobValidation", "PodResizeValidator", "MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook",
        "ResourceQuota", "AlwaysDeny",
    ];

    /// <param name="store">What they look things up in.</param>
    /// <param name="randomness">Chooses names.</param>
    /// <param name="disabled">Names of those that do not run.</param>
    public static ImmutableArray<IAdmissionPlugin> Plugins(IRevisionStore store, Randomness randomness, IReadOnlyCollection<string> disabled) =>
        [.. InOrder.Where(plugin => !disabled.Contains(plugin.Name)).SelectMany(plugin => plugin.Make(store, randomness))];

    /// <summary>Why a plugin cannot be switched off; null when it can.</summary>
    public static string? ProblemOfDisabling(string name)
    {
        if (name == NodeRestriction || InOrder.Any(plugin => plugin.Name == name) || Absent.Contains(name)) return null;
        return Fixed.Contains(name) ? $"\"{name}\" cannot be switched off" : $"admission plugin \"{name}\" is unknown";
    }
}
