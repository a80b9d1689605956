using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>batch/v1</c>.</summary>
internal static class BatchResources
{
    private const string Group = "batch/v1";

    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced(Group, "CronJob", "cronjobs") with { ShortNames = ["cj"], Categories = ["all"], Subresources = [Status("CronJob")], TracksGeneration = true },
        Namespaced(Group, "Job", "jobs") with { Categories = ["all"], Subresources = [Status("Job")], TracksGeneration = true },
    ];
}
