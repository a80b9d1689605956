using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Api.Json;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Seam;

/// <summary>Kubernetes' own kinds that Dovetail's components use, with the official client's models.</summary>
public static class BuiltInTypes
{
    /// <summary>JSON of the official models, with times as Kubernetes writes them. (First: the fields below are built from it.)</summary>
    public static readonly JsonSerializerOptions JsonOptions = KubeJson.OptionsFor(BuiltInJson.Default);

    public static readonly ResourceType<V1Pod> Pods = Core<V1Pod>("Pod", "pods");
    public static readonly ResourceType<V1Secret> Secrets = Core<V1Secret>("Secret", "secrets");
    public static readonly ResourceType<V1ConfigMap> ConfigMaps = Core<V1ConfigMap>("ConfigMap", "configmaps");
    public static readonly ResourceType<V1Service> Services = Core<V1Service>("Service", "services");
    public static readonly ResourceType<V1ServiceAccount> ServiceAccounts = Core<V1ServiceAccount>("ServiceAccount", "serviceaccounts");
    public static readonly ResourceType<V1PersistentVolumeClaim> PersistentVolumeClaims = Core<V1PersistentVolumeClaim>("PersistentVolumeClaim", "persistentvolumeclaims");
    public static readonly ResourceType<V1PersistentVolume> PersistentVolumes = Core<V1PersistentVolume>("PersistentVolume", "persistentvolumes", namespaced: false);
    public static readonly ResourceType<V1StorageClass> StorageClasses = new("storage.k8s.io", "v1", "StorageClass", "storageclasses", false, Json<V1StorageClass>());
    public static readonly ResourceType<V1ClusterRole> ClusterRoles = new("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false, Json<V1ClusterRole>());
    public static readonly ResourceType<V1CertificateSigningRequest> CertificateSigningRequests =
        new("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false, Json<V1CertificateSigningRequest>());
    public static readonly ResourceType<V1SubjectAccessReview> SubjectAccessReviews = new("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false, Json<V1SubjectAccessReview>());
    public static readonly ResourceType<V1TokenReview> TokenReviews = new("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", false, Json<V1TokenReview>());
    public static readonly ResourceType<Corev1Event> Events = Core<Corev1Event>("Event", "events");
    public static readonly ResourceType<V1Node> Nodes = Core<V1Node>("Node", "nodes", namespaced: false);
    public static readonly ResourceType<V1Namespace> Namespaces = Core<V1Namespace>("Namespace", "namespaces", namespaced: false);
    public static readonly ResourceType<V1Lease> Leases = new("coordination.k8s.io", "v1", "Lease", "leases", true, Json<V1Lease>());
    public static readonly ResourceType<V1Deployment> Deployments = new("apps", "v1", "Deployment", "deployments", true, Json<V1Deployment>());
    public static readonly ResourceType<V1DaemonSet> DaemonSets = new("apps", "v1", "DaemonSet", "daemonsets", true, Json<V1DaemonSet>());
    public static readonly ResourceType<V1CustomResourceDefinition> CustomResourceDefinitions =
        new("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, Json<V1CustomResourceDefinition>());

    /// <summary>Any kind, read for its metadata alone (garbage collection, emptying of namespaces).</summary>
    public static ResourceType<PartialObject> Partial(string group, string version, string kind, string plural, bool namespaced) =>
        new(group, version, kind, plural, namespaced, Json<PartialObject>());

    private static ResourceType<T> Core<T>(string kind, string plural, bool namespaced = true)
        where T : class, IKubernetesObject<V1ObjectMeta> => new("", "v1", kind, plural, namespaced, Json<T>());

    private static JsonTypeInfo<T> Json<T>() => KubeJson.TypeInfo<T>(JsonOptions);
}

/// <summary>The head that every object has.</summary>
public sealed class PartialObject : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();
}

/// <summary>Source-generated JSON of the official models; use it through <see cref="BuiltInTypes.JsonOptions"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(V1OwnerReference[]))]
[JsonSerializable(typeof(PartialObject))]
[JsonSerializable(typeof(V1Pod))]
[JsonSerializable(typeof(V1Secret))]
[JsonSerializable(typeof(V1ConfigMap))]
[JsonSerializable(typeof(V1Service))]
[JsonSerializable(typeof(V1ServiceAccount))]
[JsonSerializable(typeof(V1PersistentVolumeClaim))]
[JsonSerializable(typeof(V1PersistentVolume))]
[JsonSerializable(typeof(V1StorageClass))]
[JsonSerializable(typeof(V1ClusterRole))]
[JsonSerializable(typeof(V1CertificateSigningRequest))]
[JsonSerializable(typeof(V1SubjectAccessReview))]
[JsonSerializable(typeof(V1TokenReview))]
[JsonSerializable(typeof(Corev1Event))]
[JsonSerializable(typeof(V1Node))]
[JsonSerializable(typeof(V1Namespace))]
[JsonSerializable(typeof(V1Lease))]
[JsonSerializable(typeof(V1Deployment))]
[JsonSerializable(typeof(V1DaemonSet))]
[JsonSerializable(typeof(V1CustomResourceDefinition))]
[JsonSerializable(typeof(V1Binding))]
[JsonSerializable(typeof(V1Status))]
public sealed partial class BuiltInJson : JsonSerializerContext;
