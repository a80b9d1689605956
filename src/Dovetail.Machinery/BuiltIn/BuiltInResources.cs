using System.Collections.Immutable;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>The table of Kubernetes' own resources that are served.</summary>
public static class BuiltInResources
{
    public static ImmutableArray<string> AllVerbs { get; } = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>In discovery's order of groups (core first), then by plural.</summary>
    public static ImmutableArray<BuiltInResource> All { get; } = [];

    public static BuiltInResource? Find(string group, string version, string plural)
    {
        foreach (var resource in All)
        {
            if (resource.Plural == plural && resource.Group == group && resource.Version == version)
                return resource;
        }
        return null;
    }
}
