using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>networking.k8s.io, Ingress apart (<c>pkg/apis/networking/validation</c>).</summary>
internal static class NetworkingRules
{
    private const int MaxController = 250;

    public static void IngressClass(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        if (old is not null)
            causes.Unchanged("spec.controller", spec["controller"], old.Child("spec")?["controller"]);
        var controller = spec.Text("controller");
        if (controller.Length > MaxController)
            causes.Add(FieldErrors.TooLong("spec.controller", MaxController));
        DomainPrefixedPath(controller, "spec.controller", causes);
        if (spec.Child("parameters") is { } parameters)
            ClassParameters(parameters, "spec.parameters", causes);
    }

    public static void NetworkPolicy(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        var known = Cidrs(old?.Child("spec"));
        causes.LabelSelector(spec.Child("podSelector"), "spec.podSelector");
        foreach (var (direction, peers) in (ReadOnlySpan<(string, string)>)[("ingress", "from"), ("egress", "to")])
        {
            foreach (var (rule, at) in spec.Items(direction, $"spec.{direction}"))
            {
                foreach (var (port, place) in rule.Items("ports", $"{at}.ports"))
                    PolicyPort(port, place, causes);
                foreach (var (peer, place) in rule.Items(peers, $"{at}.{peers}"))
                    PolicyPeer(peer, place, known, causes);
            }
        }
        var types = spec.Texts("policyTypes");
        if (types.Count > 2)
        {
            causes.Add(FieldErrors.Invalid("spec.policyTypes", spec["policyTypes"], "may not specify more than two policyTypes"));
            return;
        }
        for (var i = 0; i < types.Count; i++)
            causes.OneOf($"spec.policyTypes[{i}]", types[i], "Ingress", "Egress");
    }

    public static void IpAddress(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var parent = obj.Child("spec")?.Child("parentRef");
        if (old is not null)
        {
            causes.Unchanged("spec.parentRef", parent, old.Child("spec")?["parentRef"], GoStructs.Of(parent, "Group", "Resource", "Namespace", "Name"));
            return;
        }
        if (parent is null)
        {
            causes.Add(FieldErrors.Required("spec.parentRef"));
            return;
        }
        if (parent.Text("group") is { Length: > 0 } group)
            causes.Form("spec.parentRef.group", group, Names.DnsSubdomain);
        causes.RequiredForm("spec.parentRef.resource", parent.Text("resource"), Names.PathSegment);
        causes.RequiredForm("spec.parentRef.name", parent.Text("name"), Names.PathSegment);
        if (parent.Text("namespace") is { Length: > 0 } ns)
            causes.Form("spec.parentRef.namespace", ns, Names.PathSegment);
    }

    public static void ServiceCidr(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        const string path = "spec.cidrs";
        var cidrs = (obj.Child("spec") ?? []).Texts("cidrs");
        if (old is not null)
        {
            var before = (old.Child("spec") ?? []).Texts("cidrs");
            if (before.Count != cidrs.Count && (before.Count, cidrs.Count) != (1, 2))
            {
                causes.Add(FieldErrors.Invalid(path, obj.Child("spec")?["cidrs"] ?? new JsonArray(), "field is immutable"));
                return;
            }
            for (var i = 0; i < before.Count; i++)
            {
                if (before[i] != cidrs[i])
                    causes.Add(FieldErrors.Invalid($"{path}[{i}]", cidrs[i], "field is immutable"));
            }
            if (before.Count == cidrs.Count)
                return;
        }
        if (cidrs.Count == 0)
        {
            causes.Add(FieldErrors.Required(path, "at least one CIDR required"));
            return;
        }
        if (cidrs.Count > 2)
        {
            causes.Add(FieldErrors.Invalid(path, GoStructs.Of(obj.Child("spec"), "CIDRs"), "may only hold up to 2 values"));
            return;
        }
        for (var i = 0; i < cidrs.Count; i++)
            causes.Form($"{path}[{i}]", cidrs[i], Addresses.Cidr);
        if (cidrs.Count == 2 && Addresses.LegacyCidr(cidrs[0]) is null && Addresses.LegacyCidr(cidrs[1]) is null && Addresses.IsIpv6Range(cidrs[0]) == Addresses.IsIpv6Range(cidrs[1]))
            causes.Add(FieldErrors.Invalid(path, obj.Child("spec")?["cidrs"], "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"));
    }

    private static void DomainPrefixedPath(string value, string path, List<StatusCause> causes)
    {
        if (value.Length == 0)
        {
            causes.Add(FieldErrors.Required(path));
            return;
        }
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == value.Length - 1)
        {
            causes.Add(FieldErrors.Invalid(path, value, "must be a domain-prefixed path (such as \"acme.io/foo\")"));
            return;
        }
        causes.Form(path, value[..slash], Names.DnsSubdomain);
        causes.Form(path, value[(slash + 1)..], NameForms.HttpPath);
    }

    private static void ClassParameters(JsonObject parameters, string path, List<StatusCause> causes)
    {
        if (parameters["apiGroup"] is not null)
            causes.Form($"{path}.apiGroup", parameters.Text("apiGroup"), Names.DnsSubdomain);
        causes.RequiredForm($"{path}.kind", parameters.Text("kind"), Names.PathSegment);
        causes.RequiredForm($"{path}.name", parameters.Text("name"), Names.PathSegment);
        var hasNamespace = parameters["namespace"] is not null;
        switch (parameters["scope"] is null ? null : parameters.Text("scope"))
        {
            case null:
                causes.Add(FieldErrors.Required($"{path}.scope"));
                break;
            case "Namespace" when !hasNamespace:
                causes.Add(FieldErrors.Required($"{path}.namespace", "`parameters.scope` is set to 'Namespace'"));
                break;
            case "Namespace":
                causes.Form($"{path}.namespace", parameters.Text("namespace"), Names.DnsLabel);
                break;
            case "Cluster" when hasNamespace:
                causes.Add(FieldErrors.Forbidden($"{path}.namespace", "`parameters.scope` is set to 'Cluster'"));
                break;
            case "Cluster":
                break;
            case var other:
                causes.Add(FieldErrors.NotSupported($"{path}.scope", other, ["Cluster", "Namespace"]));
                break;
        }
    }

    private static void PolicyPort(JsonObject port, string path, List<StatusCause> causes)
    {
        if (port["protocol"] is not null)
            causes.OneOf($"{path}.protocol", port.Text("protocol"), "TCP", "UDP", "SCTP");
        var end = port["endPort"];
        if (port["port"] is not JsonValue value)
        {
            if (end is not null)
                causes.Add(FieldErrors.Invalid($"{path}.endPort", end, "may not be specified when `port` is not specified"));
        }
        else if (value.TryGetValue(out string? name))
        {
            if (end is not null)
                causes.Add(FieldErrors.Invalid($"{path}.endPort", end, "may not be specified when `port` is non-numeric"));
            foreach (var wrong in NameForms.PortName(name))
                causes.Add(FieldErrors.Invalid($"{path}.port", name, wrong));
        }
        else
        {
            if (NameForms.PortNumber(value.Whole()) is { } wrong)
                causes.Add(FieldErrors.Invalid($"{path}.port", value, wrong));
            if (end is null)
                return;
            if (end.Whole() < value.Whole())
                causes.Add(FieldErrors.Invalid($"{path}.endPort", value, "must be greater than or equal to `port`"));
            if (NameForms.PortNumber(end.Whole()) is { } wrongEnd)
                causes.Add(FieldErrors.Invalid($"{path}.endPort", end, wrongEnd));
        }
    }

    private static void PolicyPeer(JsonObject peer, string path, HashSet<string> known, List<StatusCause> causes)
    {
        var (pods, namespaces, block) = (peer.Child("podSelector"), peer.Child("namespaceSelector"), peer.Child("ipBlock"));
        causes.LabelSelector(pods, $"{path}.podSelector");
        causes.LabelSelector(namespaces, $"{path}.namespaceSelector");
        if (block is not null)
            IpBlock(block, $"{path}.ipBlock", known, causes);
        if (pods is null && namespaces is null && block is null)
            causes.Add(FieldErrors.Required(path, "must specify a peer"));
        else if (block is not null && (pods is not null || namespaces is not null))
            causes.Add(FieldErrors.Forbidden(path, "may not specify both ipBlock and another peer"));
    }

    private static void IpBlock(JsonObject block, string path, HashSet<string> known, List<StatusCause> causes)
    {
        var cidr = block.Text("cidr");
        if (cidr.Length == 0)
        {
            causes.Add(FieldErrors.Required($"{path}.cidr"));
            return;
        }
        if (!known.Contains(cidr))
            causes.Form($"{path}.cidr", cidr, Addresses.LegacyCidr);
        var except = block.Texts("except");
        for (var i = 0; i < except.Count; i++)
        {
            if (Addresses.IsStrictSubset(cidr, cidr) is null)
                return;
            if (!known.Contains(except[i]))
                causes.Form($"{path}.except[{i}]", except[i], Addresses.LegacyCidr);
            if (Addresses.IsStrictSubset(cidr, except[i]) == false)
                causes.Add(FieldErrors.Invalid($"{path}.except[{i}]", except[i], "must be a strict subset of `cidr`"));
        }
    }

    /// <summary>What a policy already says is not looked at again.</summary>
    private static HashSet<string> Cidrs(JsonObject? spec)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (direction, peers) in (ReadOnlySpan<(string, string)>)[("ingress", "from"), ("egress", "to")])
        {
            foreach (var block in (spec?.Objects(direction) ?? []).SelectMany(rule => rule.Objects(peers)).Select(static peer => peer.Child("ipBlock")).OfType<JsonObject>())
            {
                known.Add(block.Text("cidr"));
                known.UnionWith(block.Texts("except"));
            }
        }
        return known;
    }
}
