using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Endpoints: addresses and ports of a service, set by set.</summary>
internal static class EndpointsRules
{
    public static void Check(FieldScope endpoints, JsonObject? old)
    {
        foreach (var subset in endpoints.Each("subsets"))
        {
            if (subset.Count("addresses") == 0 && subset.Count("notReadyAddresses") == 0)
                subset.Causes.Add(FieldErrors.Required(subset.Path, "must specify `addresses` or `notReadyAddresses`"));
            foreach (var address in subset.Each("addresses").Concat(subset.Each("notReadyAddresses")))
                CheckAddress(address);
            foreach (var port in subset.Each("ports"))
                CheckPort(port, named: subset.Count("ports") > 1);
        }
    }

    private static void CheckAddress(FieldScope address)
    {
        ServiceRules.CheckEndpointAddress(address, address.At("ip"), address.Text("ip"));
        // Two rules of upstream look at the form.
        if (Addresses.LegacyIp(address.Text("ip")) is not null)
            address.Invalid("ip", address.Text("ip"), "must be a valid IP address");
        if (address.Text("hostname").Length > 0)
            address.Name("hostname", Names.DnsLabel);
        if (address.Has("nodeName"))
            address.Name("nodeName", Names.DnsSubdomain);
    }

    private static void CheckPort(FieldScope port, bool named)
    {
        if (named && port.Text("name").Length == 0)
            port.Required("name");
        else if (port.Text("name").Length > 0)
            port.Name("name", Names.DnsLabel);
        port.Port("port");
        port.RequiredOneOf("protocol", "SCTP", "TCP", "UDP");
        if (port.Has("appProtocol"))
            port.Name("appProtocol", Names.QualifiedName);
    }
}
