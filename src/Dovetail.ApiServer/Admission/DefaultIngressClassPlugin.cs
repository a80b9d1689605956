using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>An Ingress that names no class gets the default one.</summary>
internal sealed class DefaultIngressClassPlugin(IRevisionStore store) : BuiltInPlugin("networking.k8s.io", "ingresses", AdmissionOperation.Create)
{
    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        if (Spec(obj)["ingressClassName"] is not null || obj.Metadata().Child("annotations")?.ContainsKey("kubernetes.io/ingress.class") == true) return null;
        if (DefaultClass.Find(store, "ingressclasses.networking.k8s.io", "ingressclass.kubernetes.io/is-default-class") is { } found) Spec(obj)["ingressClassName"] = found;
        return null;
    }
}
