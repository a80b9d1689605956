using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>networking.k8s.io Ingress (<c>pkg/apis/networking/validation</c>).</summary>
internal static class IngressRules
{
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    private static readonly string[] BadSequences = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] BadEnds = ["/..", "/."];

    public static void Ingress(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        var before = old?.Child("spec");
        if (spec["rules"] is not JsonArray { Count: > 0 } && spec.Child("defaultBackend") is null)
            causes.Add(FieldErrors.Invalid("spec", spec["rules"], "either `defaultBackend` or `rules` must be specified"));
        if (spec.Child("defaultBackend") is { } backend)
            Backend(backend, "spec.defaultBackend", causes);
        Rules(spec, before is not null && HasBadWildcardRule(before), causes);
        Tls(spec, before is not null && before.Objects("tls").Any(static t => t.Text("secretName") is { Length: > 0 } name && Names.DnsSubdomain(name) is not null), causes);
        if (spec["ingressClassName"] is not null)
            causes.Form("spec.ingressClassName", spec.Text("ingressClassName"), Names.DnsSubdomain);
        if (old is null && spec["ingressClassName"] is not null && obj.Child("metadata")?.Child("annotations")?[ClassAnnotation] is not null
            && obj.Child("metadata")!.Child("annotations")!.Text(ClassAnnotation) is var annotated && annotated != spec.Text("ingressClassName"))
            causes.Add(FieldErrors.Invalid($"annotations.{ClassAnnotation}", annotated, "must match `ingressClassName` when both are specified"));
    }

    public static void Status(JsonObject obj, JsonObject old, List<StatusCause> causes)
    {
        var known = (old.Child("status")?.Child("loadBalancer")?.Objects("ingress") ?? []).Select(static i => i.Text("ip")).ToHashSet(StringComparer.Ordinal);
        foreach (var (ingress, at) in (obj.Child("status")?.Child("loadBalancer") ?? []).Items("ingress", "status.loadBalancer.ingress"))
        {
            if (ingress.Text("ip") is { Length: > 0 } ip && !known.Contains(ip))
                causes.Form($"{at}.ip", ip, Addresses.LegacyIp);
            if (ingress.Text("hostname") is not { Length: > 0 } host)
                continue;
            causes.Form($"{at}.hostname", host, Names.DnsSubdomain);
            if (Addresses.IsIp(host))
                causes.Add(FieldErrors.Invalid($"{at}.hostname", host, "must be a DNS name, not an IP address"));
        }
    }

    private static void Rules(JsonObject spec, bool allowBadWildcardRules, List<StatusCause> causes)
    {
        foreach (var (rule, at) in spec.Items("rules", "spec.rules"))
        {
            var host = rule.Text("host");
            var wildcard = host.Contains('*', StringComparison.Ordinal);
            if (host.Length > 0 && Addresses.IsIp(host))
                causes.Add(FieldErrors.Invalid($"{at}.host", host, "must be a DNS name, not an IP address"));
            if (host.Length > 0)
                causes.Form($"{at}.host", host, wildcard ? NameForms.WildcardDnsSubdomain : Names.DnsSubdomain);
            if (!wildcard || !allowBadWildcardRules)
                RuleValue(rule, at, causes);
        }
    }

    private static bool HasBadWildcardRule(JsonObject spec)
    {
        foreach (var rule in spec.Objects("rules").Where(static r => r.Text("host").Contains('*', StringComparison.Ordinal)))
        {
            List<StatusCause> found = [];
            RuleValue(rule, "", found);
            if (found.Count > 0)
                return true;
        }
        return false;
    }

    private static void RuleValue(JsonObject rule, string path, List<StatusCause> causes)
    {
        if (rule.Child("http") is not { } http)
            return;
        if (http["paths"] is not JsonArray { Count: > 0 })
            causes.Add(FieldErrors.Required($"{path}.http.paths"));
        foreach (var (item, at) in http.Items("paths", $"{path}.http.paths"))
            HttpPath(item, at, causes);
    }

    private static void HttpPath(JsonObject item, string at, List<StatusCause> causes)
    {
        var path = item.Text("path");
        if (item["pathType"] is null)
        {
            causes.Add(FieldErrors.Required($"{at}.pathType", "pathType must be specified"));
            return;
        }
        var type = item.Text("pathType");
        causes.OneOf($"{at}.pathType", type, "Exact", "ImplementationSpecific", "Prefix");
        var strict = type is "Exact" or "Prefix";
        if (!path.StartsWith('/') && (strict || (type == "ImplementationSpecific" && path.Length > 0)))
            causes.Add(FieldErrors.Invalid($"{at}.path", path, "must be an absolute path"));
        foreach (var bad in strict ? BadSequences.Where(path.Contains) : [])
            causes.Add(FieldErrors.Invalid($"{at}.path", path, $"must not contain '{bad}'"));
        foreach (var bad in strict ? BadEnds.Where(path.EndsWith) : [])
            causes.Add(FieldErrors.Invalid($"{at}.path", path, $"cannot end with '{bad}'"));
        Backend(item.Child("backend") ?? [], $"{at}.backend", causes);
    }

    private static void Backend(JsonObject backend, string path, List<StatusCause> causes)
    {
        switch (backend.Child("resource"), backend.Child("service"))
        {
            case (not null, not null):
                causes.Add(FieldErrors.Invalid(path, "", "cannot set both resource and service backends"));
                break;
            case ({ } resource, _):
                if (resource["apiGroup"] is not null)
                    causes.Form($"{path}.resource.apiGroup", resource.Text("apiGroup"), Names.DnsSubdomain);
                causes.RequiredForm($"{path}.resource.kind", resource.Text("kind"), Names.PathSegment);
                causes.RequiredForm($"{path}.resource.name", resource.Text("name"), Names.PathSegment);
                break;
            case (_, { } service):
                Service(service, path, causes);
                break;
            default:
                causes.Add(FieldErrors.Invalid(path, "", "resource or service backend is required"));
                break;
        }
    }

    private static void Service(JsonObject service, string path, List<StatusCause> causes)
    {
        causes.RequiredForm($"{path}.service.name", service.Text("name"), Names.DnsLabel);
        var port = service.Child("port") ?? [];
        var (name, number) = (port.Text("name"), port["number"].Whole());
        if (name.Length > 0 && number != 0)
            causes.Add(FieldErrors.Invalid(path, "", "cannot set both port name & port number"));
        else if (name.Length > 0)
        {
            foreach (var wrong in NameForms.PortName(name))
                causes.Add(FieldErrors.Invalid($"{path}.service.port.name", name, wrong));
        }
        else if (number == 0)
            causes.Add(FieldErrors.Required(path, "port name or number is required"));
        else if (NameForms.PortNumber(number) is { } wrong)
            causes.Add(FieldErrors.Invalid($"{path}.service.port.number", number, wrong));
    }

    private static void Tls(JsonObject spec, bool allowBadSecretNames, List<StatusCause> causes)
    {
        foreach (var (tls, at) in spec.Items("tls", "spec.tls"))
        {
            var hosts = tls.Texts("hosts");
            for (var i = 0; i < hosts.Count; i++)
                causes.Form($"{at}.hosts[{i}]", hosts[i], hosts[i].Contains('*', StringComparison.Ordinal) ? NameForms.WildcardDnsSubdomain : Names.DnsSubdomain);
            if (!allowBadSecretNames && tls.Text("secretName") is { Length: > 0 } name)
                causes.Form($"{at}.secretName", name, Names.DnsSubdomain);
        }
    }
}
