using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Events under the names of <c>events.k8s.io/v1</c>, and under those of core v1, as which they are stored (<c>pkg/apis/events/v1/conversion.go</c>).</summary>
internal static class EventConversion
{
    private static readonly (string Core, string Events)[] Names =
    [
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
        ("reportingComponent", "reportingController"),
    ];

    public static void ToCore(JsonObject obj)
    {
        foreach (var (core, events) in Names)
            Rename(obj, events, core);
        // Core writes these always.
        obj["reportingComponent"] ??= "";
        obj["reportingInstance"] ??= "";
    }

    public static void FromCore(JsonObject obj)
    {
        foreach (var (core, events) in Names)
            Rename(obj, core, events);
    }

    private static void Rename(JsonObject obj, string from, string to)
    {
        if (!obj.Remove(from, out var value))
            return;
        obj[to] = value;
    }
}
