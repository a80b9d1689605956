using System.Collections.Immutable;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.OpenApi;

/// <summary>A resource in one version as OpenAPI describes it.</summary>
public sealed record OpenApiResource
{
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string ListKind { get; init; }

    public required string Plural { get; init; }

    public required bool Namespaced { get; init; }

    public ImmutableArray<string> Verbs { get; init; } = BuiltInResources.AllVerbs;

    public ImmutableArray<BuiltInSubresource> Subresources { get; init; } = [];

    public required Schema Schema { get; init; }

    /// <summary>The schema's name among the definitions. A CRD's is <see cref="CustomDefinitionName"/>.</summary>
    public required string DefinitionName { get; init; }

    /// <summary>Changes whenever the schema does: for a CRD a hash of its schema, "" for what is built in.</summary>
    public required string Fingerprint { get; init; }

    public static OpenApiResource Of(BuiltInResource resource) => new()
    {
        Group = resource.Group,
        Version = resource.Version,
        Kind = resource.Kind,
        ListKind = resource.Kind + "List",
        Plural = resource.Plural,
        Namespaced = resource.Namespaced,
        Verbs = resource.Verbs,
        Subresources = resource.Subresources,
        Schema = resource.Schema,
        DefinitionName = resource.DefinitionName,
        Fingerprint = "",
    };

    /// <summary>The definition's name of a custom resource: the group's labels reversed, then version and kind (<c>io.kubevirt.v1.VirtualMachine</c>).</summary>
    public static string CustomDefinitionName(string group, string version, string kind)
    {
        var labels = group.Split('.');
        Array.Reverse(labels);
        return $"{string.Join('.', labels)}.{version}.{kind}";
    }
}

/// <summary>A document as it is served.</summary>
/// <param name="Json">UTF-8.</param>
/// <param name="Hash">Upper-case hex; the entity tag (<c>"hash"</c>) and the <c>hash</c> query parameter of the index.</param>
public sealed record OpenApiDocument(ReadOnlyMemory<byte> Json, string Hash);

/// <summary>The OpenAPI documents of what is served now: an immutable snapshot, each document built when it is first asked for and kept as bytes.
/// A changed set of resources makes a new catalog by <see cref="With"/>, which keeps the documents of every group-version that did not change.</summary>
public sealed class OpenApiCatalog
{
    private OpenApiCatalog(ImmutableArray<OpenApiResource> resources) => Resources = resources;

    public ImmutableArray<OpenApiResource> Resources { get; }

    /// <summary><c>GET /openapi/v3</c>.</summary>
    public OpenApiDocument Index => throw new NotSupportedException();

    /// <summary><c>GET /openapi/v2</c>, as JSON.</summary>
    public OpenApiDocument V2 => throw new NotSupportedException();

    public static OpenApiCatalog Create(ImmutableArray<OpenApiResource> resources) => new(resources);

    public OpenApiCatalog With(ImmutableArray<OpenApiResource> resources) => new(resources);

    /// <summary><c>GET /openapi/v3/{path}</c> where path is <c>api/v1</c> or <c>apis/{group}/{version}</c>; null when nothing is served there.</summary>
    public OpenApiDocument? GroupVersion(string path) => null;
}
