using k8s;
using k8s.Models;

namespace Dovetail.Virt.VirtController;

internal static class Owners
{
    /// <summary>uid of the object's controller; "" when it has none.</summary>
    public static string ControllerUid(IKubernetesObject<V1ObjectMeta> obj) => Controller(obj)?.Uid ?? "";

    public static V1OwnerReference? Controller(IKubernetesObject<V1ObjectMeta> obj) => obj.Metadata.OwnerReferences?.FirstOrDefault(o => o.Controller == true);
}
