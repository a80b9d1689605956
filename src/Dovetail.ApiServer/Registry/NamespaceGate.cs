using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Nothing is created in a namespace that is not there or that is going away (upstream: the NamespaceLifecycle plugin).</summary>
internal sealed class NamespaceGate(IRevisionStore store)
{
    private static readonly string[] Immortal = ["default", "kube-system", "kube-public"];

    /// <summary>Lets pass, and sees to it that the namespace is still the same when the object is committed.</summary>
    /// <exception cref="StatusException">404 for a missing namespace; 403 with the cause NamespaceTerminating.</exception>
    public void RequireActive(WriteContext write, string name)
    {
        var ns = write.Target.Namespace;
        var key = new ObjectKey("namespaces", "", ns);
        var stored = store.Current.Find(key) ?? throw Refusals.NotFound("", "namespaces", ns);
        write.Guards.Add(new(key, stored.Revision));
        if (StoredJson.Text(stored.Bytes, ["metadata", "deletionTimestamp"]).Length == 0) return;
        throw Refusals.Forbidden(
            write.Resource.Group,
            write.Resource.Plural,
            name,
            $"unable to create new content in namespace {ns} because it is being terminated",
            [new StatusCause("NamespaceTerminating", $"namespace {ns} is being terminated", "metadata.namespace")]);
    }

    /// <exception cref="StatusException">403: the platform needs this namespace.</exception>
    public static void RequireMortal(ServedResource resource, string name)
    {
        if (resource.StoreName == "namespaces" && Immortal.Contains(name)) throw Refusals.Forbidden("", "namespaces", name, "this namespace may not be deleted");
    }
}
