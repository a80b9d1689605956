using System.Collections.Immutable;
using System.Net;
using System.Text;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtHandler.Network;

/// <summary>The masquerade binding of one interface, as data: a bridge with the gateway's address and the guest's tap in it, behind NAT to the pod's address.</summary>
public sealed record MasqueradeNetwork
{
    public const string Bridge = "k6t-eth0";
    public const string Tap = LauncherApi.SandboxLayout.PrimaryTap;
    public const string PodInterface = "eth0";
    private const string BridgeMac = "02:00:00:00:00:00";
    private const string DefaultCidr = "10.0.2.0/24";

    /// <summary>The interface in the spec.</summary>
    public required string InterfaceName { get; init; }

    public required IPAddress Gateway { get; init; }

    public required IPAddress Guest { get; init; }

    public required int PrefixLength { get; init; }

    /// <summary>Ports that are forwarded; all when empty.</summary>
    public ImmutableArray<(string Protocol, int Port)> Ports { get; init; } = [];

    /// <summary>The network of the VMI's masquerade interface; null when it has none.</summary>
    public static MasqueradeNetwork? Of(VirtualMachineInstanceSpec spec)
    {
        if (spec.Domain?.Devices?.Interfaces?.FirstOrDefault(i => i.Masquerade is not null) is not { } nic) return null;
        var cidr = spec.Networks?.FirstOrDefault(n => n.Name == nic.Name)?.Pod?.VmNetworkCIDR is { Length: > 0 } asked ? asked : DefaultCidr;
        var network = IPNetwork.Parse(cidr);
        return new()
        {
            InterfaceName = nic.Name!, PrefixLength = network.PrefixLength, Gateway = Nth(network, 1), Guest = Nth(network, 2),
            Ports = [.. (nic.Ports ?? []).Select(p => ((p.Protocol is { Length: > 0 } protocol ? protocol : "TCP").ToLowerInvariant(), (int)p.Number!))],
        };
    }

    /// <summary>Commands of <c>ip -batch</c>. Those that make a link are left out where it is there already; the others change nothing the second time.</summary>
    public string IpBatch(bool hasBridge, bool hasTap, uint owner, int mtu)
    {
        var batch = new StringBuilder();
        if (!hasBridge) batch.AppendLine($"link add {Bridge} type bridge");
        batch.AppendLine($"link set {Bridge} address {BridgeMac} mtu {mtu}");
        batch.AppendLine($"address replace {Gateway}/{PrefixLength} dev {Bridge}");
        batch.AppendLine($"link set {Bridge} up");
        if (!hasTap) batch.AppendLine($"tuntap add dev {Tap} mode tap user {owner} vnet_hdr");
        batch.AppendLine($"link set {Tap} master {Bridge} mtu {mtu}");
        batch.AppendLine($"link set {Tap} up");
        return batch.ToString();
    }

    /// <summary>A script of <c>nft -f</c> that replaces the table as one transaction.</summary>
    public string NftScript(IPAddress pod)
    {
        var forward = Ports.IsEmpty ? [$"counter dnat to {Guest}"] : Ports.Select(p => $"{p.Protocol} dport {p.Port} counter dnat to {Guest}").ToArray();
        var fromLoopback = Ports.IsEmpty ? [$"ip saddr 127.0.0.1 counter snat to {Gateway}"] : Ports.Select(p => $"{p.Protocol} dport {p.Port} ip saddr 127.0.0.1 counter snat to {Gateway}").ToArray();
        var local = Ports.IsEmpty
            ? [$"ip daddr {{ 127.0.0.1, {pod} }} counter dnat to {Guest}"]
            : Ports.Select(p => $"ip daddr {{ 127.0.0.1, {pod} }} {p.Protocol} dport {p.Port} counter dnat to {Guest}").ToArray();
        return $$"""
            table ip nat
            delete table ip nat
            table ip nat {
             chain prerouting { type nat hook prerouting priority -100; policy accept; iifname "{{PodInterface}}" counter jump KUBEVIRT_PREINBOUND; }
             chain input { type nat hook input priority 100; policy accept; }
             chain output { type nat hook output priority -100; policy accept;
            {{Lines(local)}}
             }
             chain postrouting { type nat hook postrouting priority 100; policy accept; ip saddr {{Guest}} oifname != "{{Bridge}}" counter masquerade; oifname "{{Bridge}}" counter jump KUBEVIRT_POSTINBOUND; }
             chain KUBEVIRT_PREINBOUND {
            {{Lines(forward)}}
             }
             chain KUBEVIRT_POSTINBOUND {
            {{Lines(fromLoopback)}}
             }
            }

            """;
    }

    private static string Lines(string[] rules) => string.Join('\n', rules.Select(r => "  " + r));

    private static IPAddress Nth(IPNetwork network, byte n)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        bytes[3] += n;
        return new(bytes);
    }
}
