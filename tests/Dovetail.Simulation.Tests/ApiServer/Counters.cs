using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Store;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>
/// What the objects of these runs mean. <c>data.n</c> counts successful updates that read it before and demand their resourceVersion: it never goes back and never skips. <c>data.aX</c> is applied by the manager
/// X alone, and nobody else ever changes it.
/// </summary>
internal static class Counters
{
    public static string? Judge(StoreEvent change)
    {
        if (change.Object.Key.Resource != "configmaps" || change.Kind != StoreEventKind.Updated) return null;
        var (before, now) = (Data(change.Previous!.Bytes), Data(change.Object.Bytes));
        var (old, next) = (Count(before), Count(now));
        if (next != old && next != old + 1) return $"the count of {change.Object.Key.Name} went from {old} to {next} at {change.Revision}: an update was lost";
        foreach (var (name, value) in now)
        {
            if (name.StartsWith('a') && !((string)value!).StartsWith(name + "-", StringComparison.Ordinal)) return $"{name} of {change.Object.Key.Name} is {value}, which its manager never applied";
        }

        return null;
    }

    public static JsonObject Data(ReadOnlySpan<byte> json) => JsonNode.Parse(json)!["data"] as JsonObject ?? [];

    public static int Count(JsonObject data) => data["n"] is { } n ? int.Parse((string)n!, CultureInfo.InvariantCulture) : 0;
}
