using System.Globalization;

namespace Dovetail.Node.Network;

/// <summary>
/// The platform's nftables table: pods and guests get out through masquerading, and of the host itself they reach the DNS forwarder and whatever the host offers to its network,
/// but neither its loopback nor the platform's own ports.
/// </summary>
internal static class NftRules
{
    /// <summary>One transaction that replaces the table. Added first, so that deleting it cannot fail when there is none.</summary>
    public static string Render(string instanceId, PodSubnet subnet, IEnumerable<int> protectedPorts)
    {
        var table = HostNames.NftTable(instanceId);
        var bridge = HostNames.Bridge(instanceId);
        var ports = string.Join(", ", protectedPorts.Distinct().Order().Select(port => port.ToString(CultureInfo.InvariantCulture)));
        var refusePorts = ports.Length == 0 ? "" : $"iifname \"{bridge}\" tcp dport {{ {ports} }} reject with tcp reset";
        return
            $$"""
            add table inet {{table}}
            delete table inet {{table}}
            table inet {{table}} {
              chain input {
                type filter hook input priority -5; policy accept;
                iifname "{{bridge}}" ct state established,related accept
                iifname "{{bridge}}" ip daddr {{subnet.Gateway}} meta l4proto { tcp, udp } th dport 53 accept
                iifname "{{bridge}}" ip daddr 127.0.0.0/8 drop
                iifname "{{bridge}}" ip saddr != {{subnet.Network}} drop
                {{refusePorts}}
              }
              chain forward {
                type filter hook forward priority -5; policy accept;
                iifname "{{bridge}}" ip saddr != {{subnet.Network}} drop
              }
              chain postrouting {
                type nat hook postrouting priority 100; policy accept;
                ip saddr {{subnet.Network}} oifname != "{{bridge}}" masquerade
              }
            }

            """;
    }

    public static string RenderRemoval(string instanceId) => $"add table inet {HostNames.NftTable(instanceId)}\ndelete table inet {HostNames.NftTable(instanceId)}\n";
}
