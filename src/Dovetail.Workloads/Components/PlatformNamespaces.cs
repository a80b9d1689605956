using System.Collections.Immutable;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Components;

/// <summary>The namespaces that exist from the start: Kubernetes' own and those of OpenShift Virtualization.</summary>
public static class PlatformNamespaces
{
    /// <summary>Where the platform's own components live.</summary>
    public const string Home = "openshift-cnv";

    public static ImmutableArray<string> All { get; } =
    [
        "default", "kube-system", "kube-public", "kube-node-lease",
        Home, "openshift-kubevirt", "openshift-image-registry", "openshift-storage", "openshift-virtoperator", "openshift-monitoring",
        "openshift-logging", "openshift-multus", "openshift-network-operator",
    ];

    public static async Task EnsureAsync(IKubeApi api, CancellationToken ct)
    {
        foreach (var name in All)
        {
            if (await api.FindAsync(BuiltInTypes.Namespaces, "", name, ct) is not null) continue;
            try
            {
                await api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, ct);
            }
            catch (StatusException exists) when (exists.Status.Reason == "AlreadyExists")
            {
            }
        }
    }
}
