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

    /// <summary>Whether the answer of a deletion is the object rather than a Status.</summary>
    public bool AnswersDeleted { get; init; }

    /// <summary>Changes whenever the schema does: for a CRD a hash of its schema, "" for what is built in.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Whether the definition is one of Kubernetes' own, which has apiVersion, kind, metadata and its list among the definitions already.</summary>
    public bool IsBuiltIn => Fingerprint.Length == 0;

    /// <summary>Where its documents stand: <c>api/v1</c> or <c>apis/{group}/{version}</c>.</summary>
    public string GroupVersionPath => Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";

    /// <summary>The name of the list's definition.</summary>
    internal string ListDefinitionName => $"{DefinitionName[..^Kind.Length]}{ListKind}";

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
        AnswersDeleted = resource.AnswersDeleted,
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
