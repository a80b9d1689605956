using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>discovery.k8s.io (<c>pkg/apis/discovery/validation</c>).</summary>
internal static class EndpointSliceRules
{
    private const int MaxAddresses = 100;
    private const int MaxPorts = 20000;
    private const int MaxEndpoints = 1000;
    private const int MaxTopologyLabels = 16;
    private const int MaxHints = 8;

    public static void EndpointSlice(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var type = obj.Text("addressType");
        if (type.Length == 0)
            causes.Add(FieldErrors.Required("addressType"));
        else
            causes.OneOf("addressType", type, "FQDN", "IPv4", "IPv6");
        Ports(obj, causes);
        if (old is null || !JsonNode.DeepEquals(obj["endpoints"], old["endpoints"]))
            Endpoints(obj, type, causes);
        if (old is not null)
            causes.Unchanged("addressType", obj["addressType"], old["addressType"]);
    }

    private static void Ports(JsonObject obj, List<StatusCause> causes)
    {
        if (obj["ports"] is JsonArray { Count: > MaxPorts } many)
        {
            causes.Add(FieldErrors.TooMany("ports", many.Count, MaxPorts));
            return;
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (port, at) in obj.Items("ports", "ports"))
        {
            var name = port.Text("name");
            if (name.Length > 0)
                causes.Form($"{at}.name", name, Names.DnsLabel);
            if (!names.Add(name))
                causes.Add(FieldErrors.Duplicate($"{at}.name", name));
            causes.OneOf($"{at}.protocol", port.Text("protocol"), "SCTP", "TCP", "UDP");
            if (port["appProtocol"] is not null)
                causes.Form($"{at}.appProtocol", port.Text("appProtocol"), Names.QualifiedName);
        }
    }

    private static void Endpoints(JsonObject obj, string type, List<StatusCause> causes)
    {
        if (obj["endpoints"] is JsonArray { Count: > MaxEndpoints } many)
        {
            causes.Add(FieldErrors.TooMany("endpoints", many.Count, MaxEndpoints));
            return;
        }
        foreach (var (endpoint, at) in obj.Items("endpoints", "endpoints"))
        {
            var addresses = endpoint.Texts("addresses");
            if (addresses.Count == 0)
                causes.Add(FieldErrors.Required($"{at}.addresses", "must contain at least 1 address"));
            else if (addresses.Count > MaxAddresses)
                causes.Add(FieldErrors.TooMany($"{at}.addresses", addresses.Count, MaxAddresses));
            for (var i = 0; i < addresses.Count; i++)
                Address(addresses[i], type, $"{at}.addresses", i, causes);
            if (endpoint["nodeName"] is not null)
                causes.Form($"{at}.nodeName", endpoint.Text("nodeName"), Names.DnsSubdomain);
            if (endpoint.Child("deprecatedTopology") is { Count: > MaxTopologyLabels } labels)
                causes.Add(FieldErrors.TooMany($"{at}.deprecatedTopology", labels.Count, MaxTopologyLabels));
            ObjectMetaValidation.CheckLabels(endpoint.Child("deprecatedTopology"), $"{at}.deprecatedTopology", causes);
            if (endpoint["hostname"] is not null)
                causes.Form($"{at}.hostname", endpoint.Text("hostname"), Names.DnsLabel);
            if (endpoint.Child("hints") is { } hints && Hints(hints, "forZones", at, Names.LabelValue, causes))
                Hints(hints, "forNodes", at, Names.DnsSubdomain, causes);
        }
    }

    private static void Address(string address, string type, string path, int index, List<StatusCause> causes)
    {
        var at = $"{path}[{index}]";
        switch (type)
        {
            case "IPv4" or "IPv6":
                if ((type == "IPv4" ? Addresses.LegacyIp(address) : Addresses.Ip(address)) is { } wrong)
                {
                    causes.Add(FieldErrors.Invalid(at, address, wrong));
                    break;
                }
                if (Addresses.IsIpv4(address) != (type == "IPv4"))
                    causes.Add(FieldErrors.Invalid(path, address, $"must be an {type} address"));
                foreach (var reason in Addresses.NoEndpoint(address))
                    causes.Add(FieldErrors.Invalid(at, address, reason));
                break;
            case "FQDN":
                DomainName(address, at, causes);
                break;
        }
    }

    private static void DomainName(string name, string path, List<StatusCause> causes)
    {
        if (name.Length == 0)
        {
            causes.Add(FieldErrors.Required(path));
            return;
        }
        var plain = name.EndsWith('.') ? name[..^1] : name;
        if (Names.DnsSubdomain(plain) is { } wrong)
            causes.Add(FieldErrors.Invalid(path, plain, wrong));
        else if (!plain.Contains('.', StringComparison.Ordinal))
            causes.Add(FieldErrors.Invalid(path, plain, "should be a domain with at least two segments separated by dots"));
        else
        {
            foreach (var label in plain.Split('.'))
                causes.Form(path, label, Names.DnsLabel);
        }
    }

    /// <summary>False when there are too many to look at any further.</summary>
    private static bool Hints(JsonObject hints, string field, string endpoint, Func<string, string?> form, List<StatusCause> causes)
    {
        var path = $"{endpoint}.hints.{field}";
        if (hints[field] is JsonArray { Count: > MaxHints } many)
        {
            causes.Add(FieldErrors.TooMany(path, many.Count, MaxHints));
            return false;
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (hint, at) in hints.Items(field, path))
        {
            var name = hint.Text("name");
            if (!names.Add(name))
                causes.Add(FieldErrors.Duplicate($"{at}.name", name));
            causes.Form($"{at}.name", name, form);
        }
        return true;
    }
}
