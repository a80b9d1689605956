using System.Collections.Immutable;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Kinds;

/// <summary>Every kind that holds objects right now: Kubernetes' own and those of established CRDs.</summary>
public interface IServedKinds : ICacheSync
{
    /// <summary>One entry for each resource, in the version that is stored when that is served, or in another that is.</summary>
    ImmutableArray<ResourceType<PartialObject>> Current { get; }
}

/// <summary>The embedded engine's kinds: built in, plus the CRDs in the cache.</summary>
public sealed class ServedKinds(IResourceCache<V1CustomResourceDefinition> definitions) : IServedKinds
{
    private static readonly ImmutableArray<ResourceType<PartialObject>> BuiltIn =
    [
        .. BuiltInResources.All
            .Where(resource => resource.Verbs.Contains("list") && resource.Verbs.Contains("delete"))
            .DistinctBy(resource => resource.StorageName)
            .Select(resource => BuiltInTypes.Partial(resource.Group, resource.Version, resource.Kind, resource.Plural, resource.Namespaced)),
    ];

    public bool HasSynced => definitions.HasSynced;

    public ImmutableArray<ResourceType<PartialObject>> Current => [.. BuiltIn, .. definitions.List().Where(IsEstablished).Select(Served).OfType<ResourceType<PartialObject>>()];

    public Task WaitForSyncAsync(CancellationToken ct) => definitions.WaitForSyncAsync(ct);

    private static bool IsEstablished(V1CustomResourceDefinition definition) =>
        definition.Status?.Conditions?.Any(condition => condition is { Type: "Established", Status: "True" }) == true;

    private static ResourceType<PartialObject>? Served(V1CustomResourceDefinition definition)
    {
        var served = definition.Spec.Versions.Where(version => version.Served).ToArray();
        if (served.Length == 0) return null;
        var version = served.FirstOrDefault(version => version.Storage) ?? served[0];
        return BuiltInTypes.Partial(definition.Spec.Group, version.Name, definition.Spec.Names.Kind, definition.Spec.Names.Plural, definition.Spec.Scope == "Namespaced");
    }
}
