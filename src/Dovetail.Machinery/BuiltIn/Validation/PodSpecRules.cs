using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>What pods and pod templates may ask for, in upstream's order (<c>ValidatePodSpec</c>).</summary>
internal static class PodSpecRules
{
    private static readonly string[] RestartPolicies = ["Always", "OnFailure", "Never"];

    /// <param name="spec">The spec of a pod or of a template.</param>
    /// <param name="owner">Name of the pod, "" for a template.</param>
    /// <param name="isPod">Whether it is a pod, not a template.</param>
    public static void Check(FieldScope spec, string owner, bool isPod)
    {
        var volumes = VolumeRules.CheckAll(spec, owner);
        CheckClaims(spec);
        var containers = new ContainerRules(spec, volumes);
        containers.CheckContainers();
        containers.CheckInitContainers();
        containers.CheckEphemeralContainers();
        if (spec.Child("resources") is { } resources)
            ResourceRules.CheckPod(spec, resources);
        if (spec.IsTrue("hostNetwork"))
            CheckHostPorts(spec, isPod);
        spec.RequiredOneOf("restartPolicy", RestartPolicies);
        spec.RequiredOneOf("dnsPolicy", "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        spec.Labels("nodeSelector");
        SecurityContextRules.CheckPod(spec);
        if (spec.Child("affinity") is { } affinity)
            AffinityRules.Check(affinity);
        CheckDns(spec);
        foreach (var gate in spec.Each("readinessGates"))
            gate.Name("conditionType", Names.QualifiedName);
        CheckSchedulingGates(spec);
        TopologyRules.CheckSpread(spec);
        CheckNames(spec);
        if (spec.Number("activeDeadlineSeconds") is < 1 or > int.MaxValue)
            spec.Invalid("activeDeadlineSeconds", "must be between 1 and 2147483647, inclusive");
        foreach (var field in (ReadOnlySpan<string>)["hostname", "subdomain"])
        {
            if (spec.Text(field).Length > 0)
                spec.Name(field, Names.DnsLabel);
        }
        TaintRules.CheckTolerations(spec);
        CheckHostAliases(spec);
        if (spec.Text("priorityClassName").Length > 0)
            spec.Name("priorityClassName", Names.DnsSubdomain);
        if (spec.Has("runtimeClassName"))
            spec.Name("runtimeClassName", Names.DnsSubdomain);
        if (spec.Has("preemptionPolicy"))
            spec.RequiredOneOf("preemptionPolicy", "PreemptLowerPriority", "Never");
        if (spec.Child("overhead") is { } overhead)
            ResourceRules.CheckLimits(new(overhead.Object, spec.At("overhead.limits"), spec.Causes)); // upstream's name for it
        CheckSystem(spec);
        WindowsRules.CheckHostProcess(spec);
        spec.OptionalName("hostnameOverride", Names.DnsSubdomain);
    }

    private static void CheckClaims(FieldScope spec)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var claim in spec.Each("resourceClaims"))
        {
            var (name, direct, template) = (claim.Text("name"), claim.Has("resourceClaimName"), claim.Has("resourceClaimTemplateName"));
            if (name.Length == 0)
                claim.Required("name");
            else if (!names.Add(name))
                claim.Duplicate("name", name);
            else
                claim.Name("name", Names.DnsLabel);
            if (direct == template)
            {
                var shown = new JsonObject { ["Name"] = name, ["ResourceClaimName"] = claim.Object["resourceClaimName"]?.DeepClone(), ["ResourceClaimTemplateName"] = claim.Object["resourceClaimTemplateName"]?.DeepClone() };
                claim.Invalid("", shown, direct ? "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified" : "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
            }
            foreach (var field in (ReadOnlySpan<string>)["resourceClaimName", "resourceClaimTemplateName"])
            {
                if (claim.Has(field))
                    claim.Name(field, Names.DnsSubdomain);
            }
        }
    }

    /// <summary>What the pod's operating system does not know must not be asked for.</summary>
    private static void CheckSystem(FieldScope spec)
    {
        if (spec.Child("os") is not { } os)
            return;
        switch (os.Text("name"))
        {
            case "":
                os.Required("name");
                break;
            case "linux":
                WindowsRules.CheckLinux(spec);
                break;
            case "windows":
                WindowsRules.CheckWindows(spec);
                break;
            default:
                spec.Causes.Add(FieldErrors.NotSupported(os.Path, os.Text("name"), ["linux", "windows"]));
                break;
        }
    }

    private static void CheckHostPorts(FieldScope spec, bool isPod)
    {
        foreach (var container in spec.Each("containers"))
        {
            foreach (var port in container.Each("ports"))
            {
                var (host, own) = (port.Number("hostPort") ?? 0, port.Number("containerPort") ?? 0);
                if ((isPod || host != 0) && host != own)
                    port.Invalid("hostPort", host, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }

    private static void CheckNames(FieldScope spec)
    {
        foreach (var field in (ReadOnlySpan<string>)["serviceAccountName", "nodeName"])
        {
            if (spec.Text(field).Length > 0)
                spec.Name(field, Names.DnsSubdomain);
        }
    }

    private static void CheckDns(FieldScope spec)
    {
        const int nameServers = 3, searchPaths = 32;
        var none = spec.Text("dnsPolicy") == "None";
        if (spec.Child("dnsConfig") is not { } dns)
        {
            if (none)
                spec.Required("dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if (none && dns.Count("nameservers") == 0)
        {
            dns.Required("nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
        if (dns.Count("nameservers") > nameServers)
            dns.Invalid("nameservers", $"must not have more than {nameServers} nameservers");
        foreach (var (server, path) in dns.Texts("nameservers"))
            Add(dns, path, server, Addresses.LegacyIp);
        if (dns.Count("searches") > searchPaths)
            dns.Invalid("searches", $"must not have more than {searchPaths} search paths");
        foreach (var (search, path) in dns.Texts("searches"))
        {
            if (search != ".")
                Add(dns, path, search.EndsWith('.') ? search[..^1] : search, NameForms.SubdomainWithUnderscore);
        }
        foreach (var option in dns.Each("options"))
        {
            if (option.Text("name").Length == 0)
                dns.Causes.Add(FieldErrors.Required(option.Path, "must not be empty"));
        }
    }

    private static void CheckSchedulingGates(FieldScope spec)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var gate in spec.Each("schedulingGates"))
        {
            foreach (var wrong in Names.QualifiedName(gate.Text("name")))
                gate.Invalid("", gate.Text("name"), wrong);
            if (!seen.Add(gate.Text("name")))
                spec.Causes.Add(FieldErrors.Duplicate(gate.Path, gate.Text("name")));
        }
    }

    private static void CheckHostAliases(FieldScope spec)
    {
        foreach (var alias in spec.Each("hostAliases"))
        {
            alias.Name("ip", Addresses.LegacyIp);
            foreach (var (host, path) in alias.Texts("hostnames"))
                Add(alias, path, host, Names.DnsSubdomain);
        }
    }

    private static void Add(FieldScope scope, string path, string value, Func<string, string?> rule)
    {
        if (rule(value) is { } wrong)
            scope.Causes.Add(FieldErrors.Invalid(path, value, wrong));
    }
}
