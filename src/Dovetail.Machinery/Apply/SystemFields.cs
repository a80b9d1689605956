using System.Collections.Frozen;

namespace Dovetail.Machinery.Apply;

/// <summary>The fields that no manager ever owns.</summary>
internal static class SystemFields
{
    private static readonly FrozenSet<string> Metadata = new[]
    {
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static FieldSet Set { get; } = FieldSet.Of(
    [
        ["f:apiVersion"],
        ["f:kind"],
        ["f:metadata"],
        .. Metadata.Select(name => (IReadOnlyList<string>)["f:metadata", "f:" + name]),
    ]);

    public static bool Contains(List<string> path, string field) => path.Count switch
    {
        0 => field is "apiVersion" or "kind",
        1 => path[0] == "f:metadata" && Metadata.Contains(field),
        _ => false,
    };
}
