using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>events.k8s.io/v1</c>: the core group's events under other field names.</summary>
internal static class EventsResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Namespaced("events.k8s.io/v1", "Event", "events") with { ShortNames = ["ev"], StorageName = "events", StoredApiVersion = "v1", Enforced = true },
    ];
}
