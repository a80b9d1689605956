using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler.Dhcp;
using Dovetail.Virt.VirtHandler.Launchers;

namespace Dovetail.Virt.VirtHandler.Network;

/// <summary>Makes guests' networks with <c>ip</c> and <c>nft</c>, entered by <c>nsenter</c>, and serves DHCP through sockets opened inside.</summary>
/// <param name="dns">Name servers that guests are told: the node agent's forwarder.</param>
internal sealed class PodNetworks(IReadOnlyList<IPAddress> dns) : IPodNetworks, IDisposable
{
    private readonly ConcurrentDictionary<NamespacedName, Made> made = new();

    public async Task<PodNetworkFacts> EnsureAsync(NamespacedName vmi, LauncherProcess launcher, GuestNetwork wanted, CancellationToken ct)
    {
        if (made.TryGetValue(vmi, out var present))
        {
            if (present.Init == launcher.Init) return present.Facts;
            Release(vmi);
        }

        var netns = $"/proc/{launcher.Pid}/ns/net";
        var links = await LinksAsync(netns, ct);
        if (!links.TryGetValue(MasqueradeNetwork.PodInterface, out var pod) || pod.Addresses.IsEmpty) throw new IOException($"the pod has no interface {MasqueradeNetwork.PodInterface} with an IPv4 address");
        var masquerade = wanted.Masquerade;
        await RunAsync(netns, "ip", ["-batch", "-"], masquerade.IpBatch(links.ContainsKey(MasqueradeNetwork.Bridge), links.ContainsKey(MasqueradeNetwork.Tap), launcher.Uid, pod.Mtu), ct);
        await RunAsync(netns, "nft", ["-f", "-"], masquerade.NftScript(pod.Addresses[0]), ct);
        await RunAsync(netns, "sysctl", ["-qw", "net.ipv4.ip_forward=1", $"net.ipv4.conf.{MasqueradeNetwork.Bridge}.route_localnet=1"], "", ct);

        var lease = new DhcpLease(MacBytes(wanted.Mac), masquerade.Guest, masquerade.Gateway, masquerade.PrefixLength, dns, wanted.Hostname, wanted.SearchDomain, pod.Mtu);
        var facts = new PodNetworkFacts(pod.Addresses, pod.Mtu);
        made[vmi] = new(launcher.Init, DhcpServer.Start(netns, MasqueradeNetwork.Bridge, lease), facts);
        return facts;
    }

    public void Release(NamespacedName vmi)
    {
        if (made.TryRemove(vmi, out var network)) network.Dhcp.Dispose();
    }

    public void Dispose()
    {
        foreach (var vmi in made.Keys) Release(vmi);
    }

    private static async Task<Dictionary<string, Link>> LinksAsync(string netns, CancellationToken ct)
    {
        using var json = JsonDocument.Parse(await RunAsync(netns, "ip", ["-json", "-4", "address", "show"], "", ct));
        using var all = JsonDocument.Parse(await RunAsync(netns, "ip", ["-json", "link", "show"], "", ct));
        var addresses = json.RootElement.EnumerateArray().Where(l => l.TryGetProperty("ifname", out _)).ToDictionary(
            l => l.GetProperty("ifname").GetString()!,
            l => l.GetProperty("addr_info").EnumerateArray().Select(a => IPAddress.Parse(a.GetProperty("local").GetString()!)).ToImmutableArray());
        return all.RootElement.EnumerateArray().ToDictionary(
            l => l.GetProperty("ifname").GetString()!,
            l => new Link(l.GetProperty("mtu").GetInt32(), addresses.GetValueOrDefault(l.GetProperty("ifname").GetString()!, [])));
    }

    private static async Task<string> RunAsync(string netns, string program, string[] arguments, string input, CancellationToken ct)
    {
        var start = new ProcessStartInfo("nsenter", [$"--net={netns}", program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input.AsMemory(), ct);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = await process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0) throw new IOException($"{program} {string.Join(' ', arguments)} in the pod's network: {errors.Trim()}");
        return await output;
    }

    private static byte[] MacBytes(string mac) => [.. mac.Split(':').Select(b => byte.Parse(b, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];

    private sealed record Link(int Mtu, ImmutableArray<IPAddress> Addresses);

    private sealed record Made(ProcessIdentity Init, DhcpServer Dhcp, PodNetworkFacts Facts);
}
