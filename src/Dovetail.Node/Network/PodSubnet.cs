using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.Node.Host;

namespace Dovetail.Node.Network;

/// <summary>A route of the host's main table.</summary>
internal readonly record struct HostRoute(IPNetwork Destination, string Interface);

/// <summary>The pod subnet collides with a network that this host reaches already.</summary>
internal sealed class SubnetConflictException(IPNetwork subnet, HostRoute route)
    : IOException($"the pod subnet {subnet} overlaps the route {route.Destination} on {route.Interface}: configure another pod subnet, or remove the route");

/// <summary>The addresses of a node's pods. The first address is the bridge's: gateway and DNS server of the pods.</summary>
internal sealed record PodSubnet(IPNetwork Network)
{
    public IPAddress Gateway => Offset(1);

    public static PodSubnet Parse(string cidr) => new(IPNetwork.Parse(cidr));

    /// <summary>The configured subnet, else the one that was chosen before, else the first free 10.244.x.0/24 from the instance id on; the choice is kept.</summary>
    public static PodSubnet Choose(string? configured, string instanceId, string bridge, string keptIn)
    {
        var routes = ReadRoutes().Where(route => route.Interface != bridge).ToList();
        if (configured is null && DurableFile.Read(keptIn) is { } kept) configured = Encoding.ASCII.GetString(kept);
        if (configured is not null)
        {
            var subnet = Parse(configured.Trim());
            var conflict = routes.Where(route => Overlap(route.Destination, subnet.Network)).Select(route => (HostRoute?)route).FirstOrDefault();
            return conflict is { } route ? throw new SubnetConflictException(subnet.Network, route) : subnet;
        }

        var free = Candidates(instanceId).FirstOrDefault(candidate => !routes.Any(route => Overlap(route.Destination, candidate.Network)))
            ?? throw new SubnetConflictException(IPNetwork.Parse("10.244.0.0/16"), routes[0]);
        DurableFile.Write(keptIn, Encoding.ASCII.GetBytes(free.Network.ToString()));
        return free;
    }

    public static IEnumerable<PodSubnet> Candidates(string instanceId)
    {
        var first = int.Parse(instanceId[^2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return Enumerable.Range(0, 256).Select(i => Parse($"10.244.{(first + i) % 256}.0/24"));
    }

    public static bool Overlap(IPNetwork a, IPNetwork b) => a.Contains(b.BaseAddress) || b.Contains(a.BaseAddress);

    /// <summary>Lines of /proc/net/route: <c>eth0 00020A0A 00000000 0001 0 0 0 00FFFFFF …</c>, numbers in hex as the host stores them. The default route is left out.</summary>
    public static IEnumerable<HostRoute> ParseRoutes(IEnumerable<string> lines)
    {
        foreach (var fields in lines.Skip(1).Select(line => line.Split('\t', StringSplitOptions.TrimEntries)).Where(fields => fields.Length > 7))
        {
            var mask = Hex(fields[7]);
            if (mask == 0) continue;
            yield return new HostRoute(new IPNetwork(new IPAddress(Hex(fields[1])), System.Numerics.BitOperations.PopCount(mask)), fields[0]);
        }
    }

    private static List<HostRoute> ReadRoutes() => [.. ParseRoutes(File.ReadLines("/proc/net/route"))];

    private static uint Hex(string text) => uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private IPAddress Offset(byte by)
    {
        if (Network.BaseAddress.AddressFamily != AddressFamily.InterNetwork) throw new NotSupportedException($"the pod subnet {Network} is not IPv4");
        var bytes = Network.BaseAddress.GetAddressBytes();
        bytes[3] += by;
        return new IPAddress(bytes);
    }
}
