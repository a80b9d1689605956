using System.Collections;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>All objects of a resource, or of one of its namespaces, in a snapshot. Nothing is copied: the snapshot does not change.</summary>
internal sealed class WholeListing(ServedResource resource, IStoreSnapshot snapshot, string? ns, ObjectBytesReader bytes) : IReadOnlyCollection<ObjectBytes>
{
    public int Count => snapshot.Count(resource.StoreName, ns);

    public IEnumerator<ObjectBytes> GetEnumerator()
    {
        foreach (var stored in snapshot.List(resource.StoreName, ns)) yield return bytes.View(resource, stored);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
