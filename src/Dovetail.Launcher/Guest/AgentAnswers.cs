using System.Collections.Immutable;
using System.Text.Json;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>Reads the guest agent's answers (QEMU's qga/qapi-schema.json). A guest can send anything: strings are cut, lists are bounded, what has another type counts as absent.</summary>
internal static class AgentAnswers
{
    private const int LongestText = 256;
    private const int MostInterfaces = 64;
    private const int MostAddresses = 32;

    public static GuestInfo Combine(string agent, string? os, string? host, string? timezone, string? interfaces)
    {
        using var agentJson = JsonDocument.Parse(agent);
        using var osJson = JsonDocument.Parse(os ?? "{}");
        using var hostJson = JsonDocument.Parse(host ?? "{}");
        using var zoneJson = JsonDocument.Parse(timezone ?? "{}");
        using var netJson = JsonDocument.Parse(interfaces ?? "[]");
        return new GuestInfo
        {
            AgentVersion = Text(agentJson.RootElement, "version"),
            Hostname = Text(hostJson.RootElement, "host-name"),
            Timezone = Zone(zoneJson.RootElement),
            OsId = Text(osJson.RootElement, "id"),
            OsName = Text(osJson.RootElement, "name"),
            OsPrettyName = Text(osJson.RootElement, "pretty-name"),
            OsVersion = Text(osJson.RootElement, "version"),
            OsVersionId = Text(osJson.RootElement, "version-id"),
            KernelRelease = Text(osJson.RootElement, "kernel-release"),
            KernelVersion = Text(osJson.RootElement, "kernel-version"),
            Machine = Text(osJson.RootElement, "machine"),
            Interfaces = Interfaces(netJson.RootElement),
        };
    }

    public static bool HasAddress(GuestInfo info) => info.Interfaces.Any(i => i.Name != "lo" && i.Addresses.Any(a => !a.StartsWith("fe80:", StringComparison.OrdinalIgnoreCase)));

    /// <summary>As KubeVirt shows it: <c>UTC, 0</c>; name and offset in seconds.</summary>
    private static string Zone(JsonElement zone)
    {
        if (zone.ValueKind != JsonValueKind.Object || !zone.TryGetProperty("offset", out var offset) || offset.ValueKind != JsonValueKind.Number || !offset.TryGetInt32(out var seconds)) return "";
        return $"{Text(zone, "zone")}, {seconds}";
    }

    private static ImmutableArray<GuestInterface> Interfaces(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array) return [];
        return [.. list.EnumerateArray().Take(MostInterfaces).Where(i => i.ValueKind == JsonValueKind.Object)
            .Select(i => new GuestInterface(Text(i, "name"), Text(i, "hardware-address"), Addresses(i)))];
    }

    private static ImmutableArray<string> Addresses(JsonElement one)
    {
        if (!one.TryGetProperty("ip-addresses", out var list) || list.ValueKind != JsonValueKind.Array) return [];
        return [.. list.EnumerateArray().Take(MostAddresses).Where(a => a.ValueKind == JsonValueKind.Object).Select(a => Text(a, "ip-address")).Where(a => System.Net.IPAddress.TryParse(a, out _))];
    }

    private static string Text(JsonElement from, string name)
    {
        if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return "";
        try
        {
            var text = value.GetString()!;
            return text.Length > LongestText ? text[..LongestText] : text;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair ("\ud800") is no text.
            return "";
        }
    }
}
