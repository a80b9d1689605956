using System.Collections.Immutable;
using System.Text;
using Dovetail.Node.Host;

namespace Dovetail.Node.Network;

/// <summary>The node's pod network: bridge, rules, a namespace and an address per pod. Every operation can be repeated.</summary>
internal sealed class PodNetwork(string instanceId, NodePaths paths)
{
    private CniPlugins? plugins;
    private PodSubnet? subnet;

    public PodSubnet Subnet => subnet ?? throw new InvalidOperationException("the pod network is not set up");

    private string Bridge => HostNames.Bridge(instanceId);

    /// <summary>Makes the bridge with the gateway's address and the rules. Refuses a subnet that the host reaches already, by the route's name.</summary>
    public async Task SetUpAsync(string? configuredSubnet, IEnumerable<int> protectedPorts, CancellationToken ct)
    {
        Directory.CreateDirectory(paths.Cni);
        var subnet = PodSubnet.Choose(configuredSubnet, instanceId, Bridge, $"{paths.DataRoot}/pod-subnet");
        if (!Directory.Exists($"/sys/class/net/{Bridge}")) await Tool.RunAsync("ip", ["link", "add", Bridge, "type", "bridge"], ct);
        await Tool.RunAsync("ip", ["addr", "replace", $"{subnet.Gateway}/{subnet.Network.PrefixLength}", "dev", Bridge], ct);
        await Tool.RunAsync("ip", ["link", "set", Bridge, "up"], ct);
        await File.WriteAllTextAsync("/proc/sys/net/ipv4/ip_forward", "1", ct);
        await Tool.RunAsync("nft", ["-f", "-"], ct, NftRules.Render(instanceId, subnet, protectedPorts));
        var plugins = new CniPlugins(Bridge, subnet, $"{paths.Cni}/state");
        Directory.CreateDirectory($"{paths.Cni}/conf");
        DurableFile.Write($"{paths.Cni}/conf/10-dovetail.conflist", Encoding.UTF8.GetBytes(plugins.ConfList()));
        (this.subnet, this.plugins) = (subnet, plugins);
    }

    /// <summary>A namespace with eth0 for the pod; returns its addresses.</summary>
    public async Task<ImmutableArray<string>> ConnectAsync(string podUid, string netns, CancellationToken ct)
    {
        // host-local refuses a second address for the same container: what a killed agent or a reboot left half-done is undone first.
        if (File.Exists(PathOf(netns)) || Plugins.Holders().Contains(podUid)) await Plugins.DelAsync(podUid, PathOf(netns), ct);
        if (!File.Exists(PathOf(netns))) await Tool.RunAsync("ip", ["netns", "add", netns], ct);
        var loopback = Tool.RunAsync("ip", ["-n", netns, "link", "set", "lo", "up"], ct);
        var addresses = await Plugins.AddAsync(podUid, PathOf(netns), ct);
        await loopback;
        return addresses;
    }

    /// <summary>Frees the address and removes the namespace with every device in it.</summary>
    public async Task DisconnectAsync(string podUid, string netns, CancellationToken ct)
    {
        await Plugins.DelAsync(podUid, PathOf(netns), ct);
        await RemoveNetnsAsync(netns, ct);
    }

    /// <summary>Namespaces of this platform, by name.</summary>
    public IEnumerable<string> Namespaces() => Netns.List(HostNames.NetnsPrefix(instanceId));

    public Task RemoveNetnsAsync(string netns, CancellationToken ct) => Netns.RemoveAsync(netns, ct);

    /// <summary>Frees the addresses of containers that are none of <paramref name="podUids"/>.</summary>
    public async Task FreeStrayAddressesAsync(IReadOnlySet<string> podUids, CancellationToken ct)
    {
        foreach (var stray in Plugins.Holders().Except(podUids)) await Plugins.DelAsync(stray, "", ct);
    }

    private CniPlugins Plugins => plugins ?? throw new InvalidOperationException("the pod network is not set up");

    private static string PathOf(string netns) => $"{Netns.Folder}/{netns}";
}

/// <summary>Named network namespaces, as <c>ip netns</c> keeps them.</summary>
internal static class Netns
{
    public const string Folder = "/run/netns";

    public static IReadOnlyList<string> List(string prefix) =>
        Directory.Exists(Folder) ? [.. Directory.EnumerateFiles(Folder, prefix + "*").Select(Path.GetFileName).OfType<string>()] : [];

    public static async Task RemoveAsync(string netns, CancellationToken ct)
    {
        var result = await Tool.TryRunAsync("ip", ["netns", "del", netns], ct);

        // A file without a mounted namespace is what a crash between its making and the mount leaves.
        if (!result.Ok && File.Exists($"{Folder}/{netns}")) File.Delete($"{Folder}/{netns}");
    }
}
