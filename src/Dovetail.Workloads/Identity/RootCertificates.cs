using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Identity;

/// <summary>Every namespace has the ConfigMap <c>kube-root-ca.crt</c>, by which its pods know the API server. The key is the namespace.</summary>
public sealed class RootCertificates(IKubeApi api, IResourceCache<V1Namespace> namespaces, IResourceCache<V1ConfigMap> published, ICredentialIssuer issuer) : IReconciler<NamespacedName>
{
    public const string Name = "kube-root-ca.crt";

    private const string File = "ca.crt";
    private const string DescriptionAnnotation = "kubernetes.io/description";

    private const string Description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. "
        + "No other usage is guaranteed across distributions of Kubernetes clusters.";

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (namespaces.Find("", key.Name) is not { Metadata.DeletionTimestamp: null }) return Outcome.Done;
        var present = published.Find(key.Name, Name);
        if (present is not null && Holds(present)) return Outcome.Done;
        try
        {
            await PublishAsync(key.Name, present, ct);
        }
        catch (StatusException late) when (late.Status.Reason is "AlreadyExists" or "NotFound" or "Forbidden")
        {
            // Somebody was faster, or the namespace goes: what came then is the caches' next event.
        }

        return Outcome.Done;
    }

    private bool Holds(V1ConfigMap map) =>
        map.Data is { Count: 1 } data && data.TryGetValue(File, out var text) && text == issuer.RootCertificate && map.Metadata.Annotations?.ContainsKey(DescriptionAnnotation) == true;

    private Task PublishAsync(string ns, V1ConfigMap? present, CancellationToken ct)
    {
        var map = present is null ? new V1ConfigMap { Metadata = new V1ObjectMeta { Name = Name, NamespaceProperty = ns } } : BuiltInTypes.ConfigMaps.Copy(present);
        map.Data = new Dictionary<string, string> { [File] = issuer.RootCertificate };
        map.Metadata.Annotations = new Dictionary<string, string>(map.Metadata.Annotations ?? new Dictionary<string, string>()) { [DescriptionAnnotation] = Description };
        return present is null ? api.CreateAsync(BuiltInTypes.ConfigMaps, map, ct) : api.ReplaceAsync(BuiltInTypes.ConfigMaps, map, "", ct);
    }
}
