using System.Globalization;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

internal static class NetworkingTables
{
    /// <summary>Hosts, addresses and ports that are named before the rest is only counted.</summary>
    private const int Shown = 3;

    public static TableDefinition Ingresses { get; } = BuiltInTables.Simple(
        [
            new("Class", Description: "The IngressClass that serves it."), new("Hosts", Description: "Hosts that its rules are about."), new("Address", Description: "Where its load balancer listens."),
            new("Ports", Description: "Ports that are open."),
        ],
        static (row, cells) => cells.Text(Cells.OrAbsent(row.Object, Cells.None, "spec", "ingressClassName")).Text(Hosts(row.Object)).Text(Cells.LoadBalancer(row.Object))
            .Text(row.Object.Count("spec", "tls") > 0 ? "80, 443" : "80"));

    public static TableDefinition IngressClasses { get; } = new(
        [TableColumn.ObjectName, new("Controller", Description: "Who serves ingresses of this class."), new("Parameters", Description: "The object with further parameters."), TableColumn.Age],
        static (row, cells) =>
        {
            var isDefault = row.Object.At("metadata", "annotations").Text("ingressclass.kubernetes.io/is-default-class") == "true";
            cells.Text(isDefault ? row.Name + " (default)" : row.Name).Text(row.Object.Text("spec", "controller")).Text(Parameters(row.Object.At("spec", "parameters"))).Text(row.Age);
        });

    public static TableDefinition NetworkPolicies { get; } = BuiltInTables.Simple(
        [new("Pod-Selector", Description: "Pods that it applies to.")],
        static (row, cells) => cells.Text(Cells.Or(Cells.Selector(row.Object.At("spec", "podSelector")), Cells.None)));

    /// <summary>Upstream fills an age that its columns do not name.</summary>
    public static TableDefinition IpAddresses { get; } = new(
        [TableColumn.ObjectName, new("ParentRef", Description: "What uses the address.")],
        static (row, cells) => cells.Text(row.Name).Text(Parent(row.Object.At("spec", "parentRef"))).Text(row.Age));

    public static TableDefinition ServiceCidrs { get; } = BuiltInTables.Simple(
        [new("CIDRs", Description: "Ranges that services get their addresses from.")],
        static (row, cells) => cells.Text(Cells.Join(row.Object, "spec", "cidrs")));

    public static TableDefinition Services { get; } = new(
        [
            TableColumn.ObjectName, new("Type", Description: "How the service is reached."), new("Cluster-IP", Description: "Its address inside of the cluster."),
            new("External-IP", Description: "Its addresses from outside."), new("Port(s)", Description: "Its ports."), TableColumn.Age, TableColumn.Wide("Selector"),
        ],
        static (row, cells) => cells.Text(row.Name).Text(row.Object.Text("spec", "type")).Text(Cells.Or(ClusterIp(row.Object), Cells.None))
            .Text(ExternalIp(row.Object)).Text(Ports(row.Object)).Text(row.Age).Text(Cells.Labels(row.Object, "spec", "selector")));

    public static TableDefinition Endpoints { get; } = BuiltInTables.Simple(
        [new("Endpoints", Description: "Addresses and ports of what is ready.")],
        static (row, cells) => cells.Text(Addresses(row.Object)));

    public static TableDefinition EndpointSlices { get; } = BuiltInTables.Simple(
        [new("AddressType", Description: "What its addresses are."), new("Ports", Description: "Ports of every endpoint."), new("Endpoints", Description: "Addresses.")],
        static (row, cells) =>
        {
            List<string> ports = [], addresses = [];
            foreach (var port in row.Object.Items("ports")) ports.Add(port.Has("port") ? Cells.Number(port.Number("port")) : Cells.OrAbsent(port, "*", "name"));
            foreach (var endpoint in row.Object.Items("endpoints"))
                foreach (var address in endpoint.Items("addresses")) addresses.Add(address.GetString()!);
            cells.Text(row.Object.Text("addressType")).Text(Cells.Or(Cells.Some(ports, Shown, ""), Cells.Unset)).Text(Cells.Or(Cells.Some(addresses, Shown, ""), Cells.Unset));
        });

    private static string Hosts(CompactValue ingress)
    {
        var hosts = new List<string>();
        var more = false;
        foreach (var rule in ingress.Items("spec", "rules"))
        {
            more |= hosts.Count == Shown;
            if (!more && rule.Text("host") is { Length: > 0 } host) hosts.Add(host);
        }

        if (hosts.Count == 0) return "*";
        var text = string.Join(",", hosts);
        return more ? string.Create(CultureInfo.InvariantCulture, $"{text} + {ingress.Count("spec", "rules") - Shown} more...") : text;
    }

    private static string Parameters(CompactValue parameters)
    {
        if (parameters.ValueKind != JsonValueKind.Object) return Cells.None;
        var kind = parameters.Has("apiGroup") ? $"{parameters.Text("kind")}.{parameters.Text("apiGroup")}" : parameters.Text("kind");
        return $"{kind}/{parameters.Text("name")}";
    }

    private static string Parent(CompactValue parent)
    {
        if (parent.ValueKind != JsonValueKind.Object) return Cells.None;
        var resource = parent.Text("group") is { Length: > 0 } group ? $"{parent.Text("resource")}.{group}" : parent.Text("resource");
        var place = parent.Text("namespace") is { Length: > 0 } ns ? $"/{ns}" : "";
        return $"{resource.ToLowerInvariant()}{place}/{parent.Text("name")}";
    }

    private static string ClusterIp(CompactValue service)
    {
        foreach (var address in service.Items("spec", "clusterIPs")) return address.GetString()!;
        return service.Text("spec", "clusterIP");
    }

    private static string ExternalIp(CompactValue service)
    {
        var external = Cells.Join(service, "spec", "externalIPs");
        switch (service.Text("spec", "type"))
        {
            case "ExternalName":
                return service.Text("spec", "externalName");
            case "LoadBalancer":
                var balanced = Cells.LoadBalancer(service);
                return balanced.Length > 0 && external.Length > 0 ? $"{balanced},{external}" : Cells.Or(balanced + external, "<pending>");
            case "ClusterIP" or "NodePort":
                return Cells.Or(external, Cells.None);
            default:
                return "<unknown>";
        }
    }

    private static string Ports(CompactValue service)
    {
        var ports = new List<string>();
        foreach (var port in service.Items("spec", "ports"))
        {
            var node = port.Number("nodePort");
            ports.Add(string.Create(CultureInfo.InvariantCulture, $"{port.Number("port")}{(node > 0 ? ":" + Cells.Number(node) : "")}/{port.Text("protocol")}"));
        }

        return ports.Count == 0 ? Cells.None : string.Join(",", ports);
    }

    /// <summary>Every address with every port of its subset.</summary>
    private static string Addresses(CompactValue endpoints)
    {
        if (endpoints.Count("subsets") == 0) return Cells.None;
        var texts = new List<string>();
        foreach (var subset in endpoints.Items("subsets"))
        {
            if (subset.Count("ports") == 0)
                foreach (var address in subset.Items("addresses")) texts.Add(address.Text("ip"));
            foreach (var port in subset.Items("ports"))
                foreach (var address in subset.Items("addresses")) texts.Add(HostPort(address.Text("ip"), port.Number("port")));
        }

        return Cells.Some(texts, Shown, "");
    }

    private static string HostPort(string ip, long port) =>
        ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]:{Cells.Number(port)}" : $"{ip}:{Cells.Number(port)}";
}
