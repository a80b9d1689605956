using System.Collections.Frozen;
using System.Collections.Immutable;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.OpenApi;
using Dovetail.Machinery.Tables;

namespace Dovetail.ApiServer.Registry;

/// <summary>Everything that is served at one moment: built-in resources and those of the established CRDs. Immutable; the registry swaps it whole.</summary>
public sealed class ResourceCatalog
{
    private readonly FrozenDictionary<(string Group, string Version, string Plural), ServedResource> byPath;

    private ResourceCatalog(ImmutableArray<ServedResource> resources, OpenApiCatalog openApi)
    {
        Resources = resources;
        OpenApi = openApi;
        byPath = resources.ToFrozenDictionary(r => (r.Group, r.Version, r.Plural));
    }

    /// <summary>The built-in resources alone.</summary>
    public static ResourceCatalog BuiltIn { get; } = MakeBuiltIn();

    /// <summary>Built-in ones first; versions of a group in the order of preference.</summary>
    public ImmutableArray<ServedResource> Resources { get; }

    public OpenApiCatalog OpenApi { get; }

    public ServedResource? Find(string group, string version, string plural) => byPath.GetValueOrDefault((group, version, plural));

    /// <summary>The same catalog with these custom resources in the place of the present ones. OpenAPI documents of group versions that did not change are kept.</summary>
    internal ResourceCatalog WithCustom(IReadOnlyList<(ServedResource Resource, OpenApiResource OpenApi)> custom)
    {
        var resources = BuiltIn.Resources.AddRange(custom.Select(c => c.Resource));
        return new(resources, OpenApi.With(BuiltIn.OpenApi.Resources.AddRange(custom.Select(c => c.OpenApi))));
    }

    private static ResourceCatalog MakeBuiltIn()
    {
        var table = BuiltInResources.All;
        return new([.. table.Select(Served)], OpenApiCatalog.Create([.. table.Select(OpenApiResource.Of)]));
    }

    private static ServedResource Served(BuiltInResource r) => new ServedResource
    {
        Group = r.Group,
        Version = r.Version,
        Kind = r.Kind,
        ListKind = r.Kind + "List",
        Plural = r.Plural,
        Singular = r.Singular,
        Namespaced = r.Namespaced,
        ShortNames = r.ShortNames,
        Categories = r.Categories,
        Verbs = r.Verbs.ToFrozenSet(),
        Subresources = r.Subresources.ToFrozenDictionary(s => s.Name, s => new ServedSubresource(s.Name, s.Kind, s.Group, s.Version, s.Verbs) { Connects = s.Connects }),
        Schema = r.Schema,
        SchemaGeneration = 1,
        StoreName = r.StorageName,
        StorageVersion = r.StorageVersion.Length > 0 ? r.StorageVersion : r.Version,
        CountsGenerations = r.TracksGeneration,
        Virtual = r.Verbs is ["create"],
        BuiltIn = r,
        DeprecationWarning = r.Deprecation,
        Converts = VersionConversion.IsNeeded(r),
        Table = BuiltInTables.Find(r.Group, r.Plural),
        SelectableFields = FieldSelectors.BuiltIn(r.Group, r.Plural),
    }.Sealed();
}
