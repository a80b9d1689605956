using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry.ServiceAddresses;

/// <summary>Which families of addresses a service has; the cluster has IPv4 alone. A headless service without selector may name both, since somebody else says where it leads.</summary>
internal static class ServiceFamilies
{
    private const string Policy = "ipFamilyPolicy";
    private const string Families = "ipFamilies";

    /// <summary>Fills in policy and families.</summary>
    /// <exception cref="StatusException">422: families that this cluster has not.</exception>
    public static void Settle(JsonObject service, JsonObject? old)
    {
        var spec = service.Child("spec")!;
        if (spec.Text("type") == "ExternalName") return;
        var before = old?.Child("spec");
        var free = spec.Text("clusterIP") == "None" && spec.Child("selector") is not { Count: > 0 };
        if (spec.Text(Policy).Length == 0)
            spec[Policy] = before?.Text(Policy) is { Length: > 0 } kept ? kept : free ? "RequireDualStack" : "SingleStack";
        var single = spec.Text(Policy) == "SingleStack";
        if (before is not null && single) Shrink(spec, before);
        var causes = new List<StatusCause>();
        var families = spec.Strings(Families).ToList();
        var addresses = spec.Strings("clusterIPs").Where(ip => ip != "None").ToArray();
        if (single && addresses.Length == 2) causes.Add(FieldErrors.Invalid($"spec.{Policy}", spec[Policy], "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"));
        if (single && families.Count == 2) causes.Add(FieldErrors.Invalid($"spec.{Policy}", spec[Policy], "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"));
        for (var i = families.Count; i < addresses.Length; i++)
        {
            if (addresses[i].Contains(':')) causes.Add(FieldErrors.Invalid($"spec.clusterIPs[{i}]", spec["clusterIPs"], "IPv6 is not configured on this cluster"));
            else families.Add("IPv4");
        }

        Refuse(service, causes);
        if (!free)
        {
            if (spec.Text(Policy) == "RequireDualStack") causes.Add(FieldErrors.Invalid($"spec.{Policy}", spec[Policy], "this cluster is not configured for dual-stack services"));
            for (var i = 0; i < families.Count; i++)
            {
                if (families[i] != "IPv4") causes.Add(FieldErrors.Invalid($"spec.{Families}[{i}]", families[i], "not configured on this cluster"));
            }

            Refuse(service, causes);
        }

        if (families.Count == 0) families.Add("IPv4");
        if (free && families.Count == 1 && !single) families.Add(families[0] == "IPv4" ? "IPv6" : "IPv4");
        spec[Families] = new JsonArray([.. families.Select(f => JsonValue.Create(f))]);
    }

    /// <summary>Asking for a single stack lets the second address and family go that were left as they were.</summary>
    private static void Shrink(JsonObject spec, JsonObject before)
    {
        foreach (var name in new[] { "clusterIPs", Families })
        {
            if (spec[name] is JsonArray { Count: > 1 } list && JsonNode.DeepEquals(list, before[name])) list.RemoveAt(1);
        }
    }

    private static void Refuse(JsonObject service, List<StatusCause> causes)
    {
        if (causes.Count > 0) throw Refusals.Invalid("", "Service", service.Metadata().Text("name"), causes);
    }
}
