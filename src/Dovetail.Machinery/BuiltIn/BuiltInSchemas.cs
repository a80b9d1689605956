using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>The schemas of Kubernetes' own kinds, from the project's compact source in <c>Kinds/</c>. A definition is parsed when it is first asked for, with what it refers to.</summary>
public static class BuiltInSchemas
{
    public const string ObjectMetaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

    public const string ListMetaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

    private static readonly Lazy<KindSource> Source = new(KindSource.FromResources);

    /// <summary>metadata of every object.</summary>
    public static Schema ObjectMeta => Get(ObjectMetaName);

    /// <summary>Every definition's name, sorted.</summary>
    public static IReadOnlyList<string> DefinitionNames => Source.Value.Names;

    /// <summary>Changes whenever the compact source does.</summary>
    public static string SourceHash => Source.Value.Hash;

    public static Schema? Find(string definitionName) => Source.Value.Find(definitionName);

    /// <summary>The name of a kind's definition; null when it is not one of Kubernetes' own.</summary>
    public static string? DefinitionNameOf(GroupVersionKind kind) => Source.Value.FindKind(kind);

    internal static List<NumberedField> FieldNumbers(string definitionName) => Source.Value.FieldNumbers(definitionName);

    public static Schema Get(string definitionName) =>
        Find(definitionName) ?? throw new ArgumentException($"there is no built-in definition {definitionName}", nameof(definitionName));
}
