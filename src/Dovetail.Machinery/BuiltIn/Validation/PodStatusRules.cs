using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>What the status of a pod may say (<c>ValidatePodStatusUpdate</c>).</summary>
internal static class PodStatusRules
{
    private const string NotNegative = "must be a non-negative integer";

    public static void Check(FieldScope pod, JsonObject old)
    {
        var (status, before) = (pod.Part("status"), new FieldScope(old, "", []).Part("status"));
        CheckConditions(status);
        CheckNomination(status, before.Text("nominatedNodeName"), isBound: new FieldScope(old, "", []).Part("spec").Text("nodeName").Length > 0);
        if (status.Number("observedGeneration") < 0)
            status.Invalid("observedGeneration", NotNegative);
        if (status.Text("qosClass") != before.Text("qosClass"))
            status.Invalid("qosClass", status.Text("qosClass"), "field is immutable");
        CheckClaims(pod, status);
        CheckAddresses(status, before, "podIPs");
        if (status.Each("hostIPs").Select(static ip => ip.Text("ip")).FirstOrDefault() is { } first && first != status.Text("hostIP"))
            status.Causes.Add(FieldErrors.Invalid(status.At("hostIPs[0].ip"), first, "must be equal to `hostIP`"));
        CheckAddresses(status, before, "hostIPs");
    }

    private static void CheckConditions(FieldScope status)
    {
        foreach (var condition in status.Each("conditions"))
        {
            if (condition.Number("observedGeneration") < 0)
                condition.Invalid("observedGeneration", NotNegative);
            if (condition.Text("type") is var type and not ("PodScheduled" or "Ready" or "Initialized"))
            {
                foreach (var wrong in Names.QualifiedName(type))
                    condition.Invalid("Type", type, wrong);
            }
        }
    }

    private static void CheckNomination(FieldScope status, string before, bool isBound)
    {
        var node = status.Text("nominatedNodeName");
        if (node == before || node.Length == 0)
            return;
        status.Name("nominatedNodeName", Names.DnsSubdomain);
        if (isBound)
            status.Forbidden("nominatedNodeName", "may not be set on pods that are already bound to a node");
    }

    private static void CheckClaims(FieldScope pod, FieldScope status)
    {
        var claims = pod.Part("spec").Each("resourceClaims").Select(static c => c.Text("name")).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var claim in status.Each("resourceClaimStatuses"))
        {
            var name = claim.Text("name");
            if (!claims.Contains(name))
                claim.Invalid("name", name, "must match the name of an entry in `spec.resourceClaims`");
            if (!seen.Add(name))
                claim.Duplicate("name", name);
            if (claim.Has("resourceClaimName"))
                claim.Name("resourceClaimName", Names.DnsSubdomain);
        }
    }

    /// <summary>At most one address of each family; what stood there before may stay.</summary>
    private static void CheckAddresses(FieldScope status, FieldScope before, string field)
    {
        var known = before.Each(field).Select(static ip => ip.Text("ip")).ToHashSet(StringComparer.Ordinal);
        List<string> addresses = [];
        foreach (var entry in status.Each(field))
        {
            var ip = entry.Text("ip");
            addresses.Add(ip);
            if (!known.Contains(ip) && Addresses.LegacyIp(ip) is { } wrong)
                status.Causes.Add(FieldErrors.Invalid(entry.Path, ip, wrong));
        }
        if (addresses.Count < 2)
            return;
        var bad = addresses.FindIndex(static a => !Addresses.IsIp(a));
        if (bad >= 0)
            status.Causes.Add(new StatusCause("InternalError", $"Internal error: failed to check for dual stack with error:invalid IP[{bad}]: {addresses[bad]}", status.At(field)));
        var isDual = bad < 0 && addresses.Exists(Addresses.IsIpv4) && !addresses.TrueForAll(Addresses.IsIpv4);
        if (!isDual || addresses.Count > 2)
            status.Invalid(field, Shown(addresses), "may specify no more than one IP for each IP family");
    }

    private static JsonArray Shown(List<string> addresses)
    {
        var shown = new JsonArray();
        foreach (var ip in addresses)
            shown.Add((JsonNode)new JsonObject { ["IP"] = ip });
        return shown;
    }
}
