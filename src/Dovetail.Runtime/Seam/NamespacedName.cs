using System.Text.Json;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Seam;

/// <summary>An object's name within its kind; the namespace is "" for cluster-scoped kinds.</summary>
public readonly record struct NamespacedName(string Namespace, string Name)
{
    public static NamespacedName Of(IKubernetesObject<V1ObjectMeta> obj) => new(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

public static class ResourceTypeExtensions
{
    /// <summary>A deep copy to change: objects from the seam and from caches are shared.</summary>
    public static T Copy<T>(this ResourceType<T> type, T obj)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(obj, type.Json), type.Json)!;

    /// <summary>The reference that a dependent carries to its controller: uid, controller and blockOwnerDeletion set.</summary>
    public static V1OwnerReference ControllerReference<T>(this ResourceType<T> type, T owner)
        where T : class, IKubernetesObject<V1ObjectMeta> => new()
        {
            ApiVersion = type.ApiVersion,
            Kind = type.Kind,
            Name = owner.Metadata.Name,
            Uid = owner.Metadata.Uid,
            Controller = true,
            BlockOwnerDeletion = true,
        };
}
