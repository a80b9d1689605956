using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>networking.k8s.io Ingress (<c>pkg/apis/networking/validation</c>).</summary>
internal static class IngressRules
{
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    private static readonly string[] BadSequences = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] BadEnds = ["/..", "/."];

    public static void Check(FieldScope ingress, JsonObject? old)
    {
        var spec = ingress.Part("spec");
        var before = old?.Child("spec");
        if (spec.Count("rules") == 0 && !spec.Has("defaultBackend"))
            ingress.Invalid("spec", spec.Object["rules"], "either `defaultBackend` or `rules` must be specified");
        if (spec.Child("defaultBackend") is { } backend)
            CheckBackend(backend);
        CheckRules(spec, before is not null && HasBadWildcardRule(before));
        CheckTls(spec, before is not null && before.Objects("tls").Any(static t => t.Text("secretName") is { Length: > 0 } name && Names.DnsSubdomain(name) is not null));
        if (!spec.Has("ingressClassName"))
            return;
        spec.Name("ingressClassName", Names.DnsSubdomain);
        var annotations = ingress.Part("metadata").Part("annotations");
        if (old is null && annotations.Has(ClassAnnotation) && annotations.Text(ClassAnnotation) != spec.Text("ingressClassName"))
            ingress.Invalid($"annotations.{ClassAnnotation}", annotations.Text(ClassAnnotation), "must match `ingressClassName` when both are specified");
    }

    public static void CheckStatus(FieldScope ingress, JsonObject old)
    {
        var known = new FieldScope(old, "", []).Part("status").Part("loadBalancer").Object.Objects("ingress").Select(static i => i.Text("ip")).ToHashSet(StringComparer.Ordinal);
        foreach (var point in ingress.Part("status").Part("loadBalancer").Each("ingress"))
        {
            if (!known.Contains(point.Text("ip")))
                point.OptionalName("ip", Addresses.LegacyIp);
            point.OptionalName("hostname", Names.DnsSubdomain);
            if (Addresses.IsIp(point.Text("hostname")))
                point.Invalid("hostname", "must be a DNS name, not an IP address");
        }
    }

    private static void CheckRules(FieldScope spec, bool allowBadWildcardRules)
    {
        foreach (var rule in spec.Each("rules"))
        {
            var host = rule.Text("host");
            var wildcard = host.Contains('*', StringComparison.Ordinal);
            if (Addresses.IsIp(host))
                rule.Invalid("host", "must be a DNS name, not an IP address");
            rule.OptionalName("host", HostForm(host));
            if (!wildcard || !allowBadWildcardRules)
                CheckPaths(rule);
        }
    }

    private static Func<string, string?> HostForm(string host) => host.Contains('*', StringComparison.Ordinal) ? NameForms.WildcardDnsSubdomain : Names.DnsSubdomain;

    private static bool HasBadWildcardRule(JsonObject spec)
    {
        var found = new FieldScope(spec, "spec", []);
        foreach (var rule in found.Each("rules").Where(static r => r.Text("host").Contains('*', StringComparison.Ordinal)))
            CheckPaths(rule);
        return found.Causes.Count > 0;
    }

    private static void CheckPaths(FieldScope rule)
    {
        if (rule.Child("http") is not { } http)
            return;
        if (http.Count("paths") == 0)
            http.Required("paths");
        foreach (var path in http.Each("paths"))
            CheckPath(path);
    }

    private static void CheckPath(FieldScope item)
    {
        if (!item.Has("pathType"))
        {
            item.Required("pathType", "pathType must be specified");
            return;
        }
        var (type, path) = (item.Text("pathType"), item.Text("path"));
        item.OneOf("pathType", "Exact", "ImplementationSpecific", "Prefix");
        var strict = type is "Exact" or "Prefix";
        if (!path.StartsWith('/') && (strict || (type == "ImplementationSpecific" && path.Length > 0)))
            item.Invalid("path", path, "must be an absolute path");
        foreach (var bad in strict ? BadSequences.Where(path.Contains) : [])
            item.Invalid("path", path, $"must not contain '{bad}'");
        foreach (var bad in strict ? BadEnds.Where(path.EndsWith) : [])
            item.Invalid("path", path, $"cannot end with '{bad}'");
        CheckBackend(item.Part("backend"));
    }

    private static void CheckBackend(FieldScope backend)
    {
        switch (backend.Child("resource"), backend.Child("service"))
        {
            case (not null, not null):
                backend.Invalid("", "", "cannot set both resource and service backends");
                break;
            case ({ } resource, _):
                if (resource.Has("apiGroup"))
                    resource.Name("apiGroup", Names.DnsSubdomain);
                resource.RequiredName("kind", Names.PathSegment);
                resource.RequiredName("name", Names.PathSegment);
                break;
            case (_, { } service):
                CheckService(backend, service);
                break;
            default:
                backend.Invalid("", "", "resource or service backend is required");
                break;
        }
    }

    private static void CheckService(FieldScope backend, FieldScope service)
    {
        service.RequiredName("name", Names.DnsLabel);
        var port = service.Part("port");
        var (name, number) = (port.Text("name"), port.Whole("number"));
        if (name.Length > 0 && number != 0)
            backend.Invalid("", "", "cannot set both port name & port number");
        else if (name.Length > 0)
        {
            foreach (var wrong in NameForms.PortName(name))
                port.Invalid("name", wrong);
        }
        else if (number == 0)
            backend.Required("", "port name or number is required");
        else
            port.Port("number");
    }

    private static void CheckTls(FieldScope spec, bool allowBadSecretNames)
    {
        foreach (var tls in spec.Each("tls"))
        {
            tls.EachName("hosts", static host => HostForm(host)(host));
            if (!allowBadSecretNames)
                tls.OptionalName("secretName", Names.DnsSubdomain);
        }
    }
}
