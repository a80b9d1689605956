using Dovetail.Api;
using Dovetail.Api.Json;
using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Virt;

/// <summary>KubeVirt's kinds for the API seam.</summary>
public static class KubeVirtTypes
{
    public static readonly ResourceType<VirtualMachine> VirtualMachines = Of<VirtualMachine>(ApiTypes.VirtualMachines);
    public static readonly ResourceType<VirtualMachineInstance> VirtualMachineInstances = Of<VirtualMachineInstance>(ApiTypes.VirtualMachineInstances);

    private static ResourceType<T> Of<T>(ApiType type)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        new(type.Group, type.Versions[0], type.Kind, type.Plural, type.Namespaced, KubeJson.TypeInfo<T>(ApiTypes.JsonOptions));
}
