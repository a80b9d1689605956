using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>discovery.k8s.io (<c>pkg/apis/discovery/validation</c>).</summary>
internal static class EndpointSliceRules
{
    private const int MaxAddresses = 100;
    private const int MaxPorts = 20000;
    private const int MaxEndpoints = 1000;
    private const int MaxTopologyLabels = 16;
    private const int MaxHints = 8;

    public static void Check(FieldScope slice, JsonObject? old)
    {
        slice.RequiredOneOf("addressType", "FQDN", "IPv4", "IPv6");
        CheckPorts(slice);
        if (old is null || !JsonNode.DeepEquals(slice.Object["endpoints"], old["endpoints"]))
            CheckEndpoints(slice, slice.Text("addressType"));
        if (old is not null)
            slice.Unchanged("addressType", old["addressType"]);
    }

    private static void CheckPorts(FieldScope slice)
    {
        if (slice.Count("ports") is var count and > MaxPorts)
        {
            slice.TooMany("ports", count, MaxPorts);
            return;
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var port in slice.Each("ports"))
        {
            port.OptionalName("name", Names.DnsLabel);
            if (!names.Add(port.Text("name")))
                port.Duplicate("name", port.Text("name"));
            port.OneOf("protocol", "SCTP", "TCP", "UDP");
            if (port.Has("appProtocol"))
                port.Name("appProtocol", Names.QualifiedName);
        }
    }

    private static void CheckEndpoints(FieldScope slice, string type)
    {
        if (slice.Count("endpoints") is var count and > MaxEndpoints)
        {
            slice.TooMany("endpoints", count, MaxEndpoints);
            return;
        }
        foreach (var endpoint in slice.Each("endpoints"))
        {
            var addresses = endpoint.Values("addresses");
            if (addresses.Count == 0)
                endpoint.Required("addresses", "must contain at least 1 address");
            else if (addresses.Count > MaxAddresses)
                endpoint.TooMany("addresses", addresses.Count, MaxAddresses);
            for (var i = 0; i < addresses.Count; i++)
                CheckAddress(endpoint, addresses[i], $"addresses[{i}]", type);
            if (endpoint.Has("nodeName"))
                endpoint.Name("nodeName", Names.DnsSubdomain);
            if (endpoint.Object.Child("deprecatedTopology") is { Count: > MaxTopologyLabels } labels)
                endpoint.TooMany("deprecatedTopology", labels.Count, MaxTopologyLabels);
            endpoint.Labels("deprecatedTopology");
            if (endpoint.Has("hostname"))
                endpoint.Name("hostname", Names.DnsLabel);
            if (endpoint.Child("hints") is { } hints && CheckHints(hints, "forZones", Names.LabelValue))
                CheckHints(hints, "forNodes", Names.DnsSubdomain);
        }
    }

    private static void CheckAddress(FieldScope endpoint, string address, string at, string type)
    {
        switch (type)
        {
            case "IPv4" or "IPv6":
                if ((type == "IPv4" ? Addresses.LegacyIp(address) : Addresses.Ip(address)) is { } wrong)
                {
                    endpoint.Invalid(at, address, wrong);
                    break;
                }
                if (Addresses.IsIpv4(address) != (type == "IPv4"))
                    endpoint.Invalid("addresses", address, $"must be an {type} address");
                foreach (var reason in Addresses.NoEndpoint(address))
                    endpoint.Invalid(at, address, reason);
                break;
            case "FQDN":
                CheckDomainName(endpoint, address, at);
                break;
        }
    }

    private static void CheckDomainName(FieldScope endpoint, string name, string at)
    {
        if (name.Length == 0)
        {
            endpoint.Required(at);
            return;
        }
        var plain = name.EndsWith('.') ? name[..^1] : name;
        if (Names.DnsSubdomain(plain) is { } wrong)
            endpoint.Invalid(at, plain, wrong);
        else if (!plain.Contains('.', StringComparison.Ordinal))
            endpoint.Invalid(at, plain, "should be a domain with at least two segments separated by dots");
        else
        {
            foreach (var label in plain.Split('.'))
            {
                if (Names.DnsLabel(label) is { } wrongLabel)
                    endpoint.Invalid(at, label, wrongLabel);
            }
        }
    }

    /// <summary>False when there are too many to look at any further.</summary>
    private static bool CheckHints(FieldScope hints, string field, Func<string, string?> form)
    {
        if (hints.Count(field) is var count and > MaxHints)
        {
            hints.TooMany(field, count, MaxHints);
            return false;
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var hint in hints.Each(field))
        {
            if (!names.Add(hint.Text("name")))
                hint.Duplicate("name", hint.Text("name"));
            hint.Name("name", form);
        }
        return true;
    }
}
