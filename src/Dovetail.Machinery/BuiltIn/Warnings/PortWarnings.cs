using System.Globalization;
using Dovetail.Machinery.BuiltIn.Validation;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>Ports of a pod's containers that are there twice or name each other's addresses (<c>pkg/api/pod/warnings.go</c>).</summary>
internal static class PortWarnings
{
    public static void Add(IEnumerable<FieldScope> containers, ICollection<string> warnings)
    {
        var ports = containers.SelectMany(static container => container.Each("ports")).ToArray();
        for (var i = 0; i < ports.Length; i++)
        {
            if (ports[i].Text("hostIP").Length > 0 && ports[i].Whole("hostPort") == 0)
                warnings.Add($"{ports[i].Path}: hostIP set without hostPort: {Shown(ports[i])}");
            foreach (var other in ports.Take(i).Where(earlier => Key(earlier) == Key(ports[i])))
            {
                if (Relation(ports[i], other) is { } relation)
                    warnings.Add($"{ports[i].Path}: {relation} port definition with {other.Path}");
            }
        }
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var port in ports.Where(static p => p.Text("name").Length > 0))
        {
            if (!names.TryAdd(port.Text("name"), port.Path))
            {
                var first = names[port.Text("name")];
                warnings.Add($"{port.Path}: duplicate port name \"{port.Text("name")}\" with {first}, services and probes that select ports by name will use {first}");
            }
        }
    }

    private static (long, string) Key(FieldScope port) => (port.Whole("containerPort"), port.Text("protocol"));

    private static string? Relation(FieldScope port, FieldScope other)
    {
        var (host, otherHost, ip, otherIp) = (port.Whole("hostPort"), other.Whole("hostPort"), port.Text("hostIP"), other.Text("hostIP"));
        return ip == otherIp && host == otherHost ? "duplicate"
            : host == 0 || otherHost == 0 ? "overlapping"
            : host == otherHost && (ip.Length == 0) != (otherIp.Length == 0) ? "dangerously ambiguous"
            : null;
    }

    /// <summary>As Go prints the struct.</summary>
    private static string Shown(FieldScope port) => string.Create(
        CultureInfo.InvariantCulture, $"{{Name:{port.Text("name")} HostPort:{port.Whole("hostPort")} ContainerPort:{port.Whole("containerPort")} Protocol:{port.Text("protocol")} HostIP:{port.Text("hostIP")}}}");
}
