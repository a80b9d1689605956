using System.Collections.Immutable;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary>What the tables of resources are written with.</summary>
internal static class ResourceRow
{
    private static readonly ImmutableArray<string> ReadWrite = ["get", "patch", "update"];
    private static readonly ImmutableArray<string> ProxyVerbs = ["create", "delete", "get", "patch", "update"];

    public static ImmutableArray<string> CreateOnly { get; } = ["create"];

    public static BuiltInResource Namespaced(string groupVersion, string kind, string plural, string package = "") => Row(groupVersion, kind, plural, package, namespaced: true);

    public static BuiltInResource Cluster(string groupVersion, string kind, string plural, string package = "") => Row(groupVersion, kind, plural, package, namespaced: false);

    /// <summary>A kind whose objects are questions: created, answered, never stored.</summary>
    public static BuiltInResource Review(this BuiltInResource row) => row with { Verbs = CreateOnly, Enforced = true };

    public static BuiltInSubresource Status(string kind) => Same("status", kind);

    /// <summary>A subresource that reads and writes the object itself.</summary>
    public static BuiltInSubresource Same(string name, string kind) => new(name, kind, ReadWrite);

    public static BuiltInSubresource Scale { get; } = new("scale", "Scale", ReadWrite) { Group = "autoscaling", Version = "v1" };

    /// <summary>A subresource that hands the connection to what the object stands for.</summary>
    public static BuiltInSubresource Connection(string name, string kind) => new(name, kind, ["create", "get"]) { Connects = true };

    public static BuiltInSubresource Proxy(string kind) => new("proxy", kind, ProxyVerbs) { Connects = true };

    /// <param name="groupVersion">As apiVersion has it.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="plural">The resource.</param>
    /// <param name="package">The definitions' package where it is not <c>io.k8s.api.{first label of the group}.{version}</c>.</param>
    /// <param name="namespaced">The scope.</param>
    private static BuiltInResource Row(string groupVersion, string kind, string plural, string package, bool namespaced)
    {
        var slash = groupVersion.IndexOf('/', StringComparison.Ordinal);
        var (group, version) = slash < 0 ? ("", groupVersion) : (groupVersion[..slash], groupVersion[(slash + 1)..]);
        if (package.Length == 0)
            package = $"io.k8s.api.{(group.Length == 0 ? "core" : group.Split('.')[0])}.{version}";
        return new()
        {
            Group = group,
            Version = version,
            Kind = kind,
            Plural = plural,
            Singular = kind.ToLowerInvariant(),
            Namespaced = namespaced,
            DefinitionName = $"{package}.{kind}",
            StorageName = group.Length == 0 ? plural : $"{plural}.{group}",
        };
    }
}
