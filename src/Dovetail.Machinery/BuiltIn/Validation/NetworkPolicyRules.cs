using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>networking.k8s.io NetworkPolicy (<c>pkg/apis/networking/validation</c>).</summary>
internal static class NetworkPolicyRules
{
    private static readonly (string Direction, string Peers)[] Directions = [("ingress", "from"), ("egress", "to")];

    public static void Check(FieldScope policy, JsonObject? old)
    {
        var spec = policy.Part("spec");
        var known = Cidrs(old?.Child("spec") ?? []);
        spec.Selector("podSelector");
        foreach (var (direction, peers) in Directions)
        {
            foreach (var rule in spec.Each(direction))
            {
                foreach (var port in rule.Each("ports"))
                    CheckPort(port);
                foreach (var peer in rule.Each(peers))
                    CheckPeer(peer, known);
            }
        }
        if (spec.Count("policyTypes") > 2)
        {
            spec.Invalid("policyTypes", "may not specify more than two policyTypes");
            return;
        }
        foreach (var (type, path) in spec.Texts("policyTypes"))
        {
            if (type is not ("Ingress" or "Egress"))
                spec.NotSupported(path["spec.".Length..], type, "Ingress", "Egress");
        }
    }

    private static void CheckPort(FieldScope port)
    {
        if (port.Has("protocol"))
            port.OneOf("protocol", "TCP", "UDP", "SCTP");
        var end = port.Number("endPort");
        if (port.Object["port"] is not JsonValue value)
        {
            if (end is not null)
                port.Invalid("endPort", "may not be specified when `port` is not specified");
        }
        else if (value.TryGetValue(out string? name))
        {
            if (end is not null)
                port.Invalid("endPort", "may not be specified when `port` is non-numeric");
            foreach (var wrong in NameForms.PortName(name))
                port.Invalid("port", wrong);
        }
        else
        {
            port.Port("port");
            if (end < port.Whole("port"))
                port.Invalid("endPort", value, "must be greater than or equal to `port`");
            if (end is not null)
                port.Port("endPort");
        }
    }

    private static void CheckPeer(FieldScope peer, HashSet<string> known)
    {
        var (selects, block) = (peer.Has("podSelector") || peer.Has("namespaceSelector"), peer.Child("ipBlock"));
        peer.Selector("podSelector");
        peer.Selector("namespaceSelector");
        if (block is { } range)
            CheckBlock(range, known);
        if (!selects && block is null)
            peer.Required("", "must specify a peer");
        else if (selects && block is not null)
            peer.Forbidden("", "may not specify both ipBlock and another peer");
    }

    private static void CheckBlock(FieldScope block, HashSet<string> known)
    {
        var cidr = block.Text("cidr");
        if (cidr.Length == 0)
        {
            block.Required("cidr");
            return;
        }
        string? Form(string value) => known.Contains(value) ? null : Addresses.LegacyCidr(value);
        block.Name("cidr", Form);
        if (!Addresses.IsCidr(cidr))
            return;
        var except = block.Values("except");
        for (var i = 0; i < except.Count; i++)
        {
            if (Form(except[i]) is { } wrong)
                block.Invalid($"except[{i}]", except[i], wrong);
            if (Addresses.IsStrictSubset(cidr, except[i]) == false)
                block.Invalid($"except[{i}]", except[i], "must be a strict subset of `cidr`");
        }
    }

    /// <summary>What a policy already says is not looked at again.</summary>
    private static HashSet<string> Cidrs(JsonObject spec)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (direction, peers) in Directions)
        {
            foreach (var peer in spec.Objects(direction).SelectMany(rule => rule.Objects(peers)))
            {
                var block = new FieldScope(peer, "", []).Part("ipBlock");
                known.Add(block.Text("cidr"));
                known.UnionWith(block.Values("except"));
            }
        }
        return known;
    }
}
