using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Certificates;

/// <summary>Validation of CertificateSigningRequests, in upstream's order and words.</summary>
internal static class SigningRequestRules
{
    private const string LegacySigner = "kubernetes.io/legacy-unknown";
    private static readonly string[] Final = ["Approved", "Denied", "Failed"];

    private static readonly ImmutableArray<string> Usages =
    [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only",
        "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
    ];

    public static void Validate(JsonObject csr, JsonObject? old, string subresource, List<StatusCause> causes)
    {
        var spec = csr.Child("spec") ?? [];
        // What was accepted once is not looked at again: only the subresources change anything.
        // The schema knows the usages too, but says so before everything else.
        causes.RemoveAll(c => c.Field.StartsWith("spec.usages[", StringComparison.Ordinal));
        if (old is null) ValidateSpec(spec, causes);
        var conditions = Conditions(csr);
        ValidateConditions(conditions, causes);
        if (old is null) return;
        var before = Conditions(old);
        foreach (var type in Final.Where(type => OfType(conditions, type).Length < OfType(before, type).Length))
            causes.Add(FieldErrors.Forbidden("status.conditions", $"updates may not remove a condition of type \"{type}\""));
        if (subresource != "approval") KeepApproval(conditions, before, causes);
        KeepCertificate(csr, old, subresource, causes);
    }

    public static ImmutableArray<JsonObject> Conditions(JsonObject csr) => [.. (csr.Child("status")?["conditions"] as JsonArray ?? []).OfType<JsonObject>()];

    private static ImmutableArray<JsonObject> OfType(ImmutableArray<JsonObject> conditions, string type) => [.. conditions.Where(c => c.Text("type") == type)];

    private static void ValidateSpec(JsonObject spec, List<StatusCause> causes)
    {
        if (Problem(spec.Text("request")) is { } problem) causes.Add(FieldErrors.Invalid("spec.request", spec["request"], problem));
        var usages = spec.Strings("usages").ToArray();
        if (usages.Length == 0) causes.Add(FieldErrors.Required("spec.usages"));
        for (var i = 0; i < usages.Length; i++)
        {
            if (!Usages.Contains(usages[i])) causes.Add(FieldErrors.NotSupported($"spec.usages[{i}]", JsonValue.Create(usages[i]), Usages));
        }

        for (var i = 0; i < usages.Length; i++)
        {
            if (Array.IndexOf(usages, usages[i]) < i) causes.Add(FieldErrors.Duplicate($"spec.usages[{i}]", JsonValue.Create(usages[i])));
        }

        ValidateSigner(spec.Text("signerName"), causes);
        if (spec.Number("expirationSeconds") is { } seconds and < 600)
            causes.Add(FieldErrors.Invalid("spec.expirationSeconds", ObjectMeta.Long(seconds), "may not specify a duration less than 600 seconds (10 minutes)"));
    }

    private static string? Problem(string request)
    {
        try
        {
            SigningRequest.Parse(Convert.FromBase64String(request));
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private static void ValidateSigner(string name, List<StatusCause> causes)
    {
        const string Field = "spec.signerName";
        var value = JsonValue.Create(name);
        var parts = name.Split('/');
        if (name == LegacySigner) causes.Add(FieldErrors.Invalid(Field, value, "the legacy signerName is not allowed via this API version"));
        else if (name.Length == 0) causes.Add(FieldErrors.Required(Field));
        else if (parts.Length != 2) causes.Add(FieldErrors.Invalid(Field, value, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
        else if (parts[0].Split('.') is var labels && labels.Select(Names.DnsLabel).FirstOrDefault(wrong => wrong is not null) is { } wrong)
            causes.Add(FieldErrors.Invalid(Field, JsonValue.Create(parts[0]), $"validating label \"{labels.First(l => Names.DnsLabel(l) is not null)}\": {wrong}"));
        else if (labels.Length < 2) causes.Add(FieldErrors.Invalid(Field, JsonValue.Create(parts[0]), "should be a domain with at least two segments separated by dots"));
        else if (Names.DnsSubdomain(parts[1]) is { } path) causes.Add(FieldErrors.Invalid(Field, JsonValue.Create(parts[1]), $"validating label \"{parts[1]}\": {path}"));
    }

    private static void ValidateConditions(ImmutableArray<JsonObject> conditions, List<StatusCause> causes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < conditions.Length; i++)
        {
            var (type, status) = (conditions[i].Text("type"), conditions[i].Text("status"));
            if (type.Length == 0) causes.Add(FieldErrors.Required($"status.conditions[{i}].type"));
            string[] allowed = Final.Contains(type) ? ["True"] : ["False", "True", "Unknown"];
            if (status.Length == 0) causes.Add(FieldErrors.Required($"status.conditions[{i}].status"));
            else if (!allowed.Contains(status)) causes.Add(FieldErrors.NotSupported($"status.conditions[{i}].status", JsonValue.Create(status), allowed));
            if ((type == "Approved" && seen.Contains("Denied")) || (type == "Denied" && seen.Contains("Approved")))
                causes.Add(FieldErrors.Invalid("status.conditions", JsonValue.Create(type), "Approved and Denied conditions are mutually exclusive"));
            if (!seen.Add(type)) causes.Add(FieldErrors.Duplicate($"status.conditions[{i}].type", JsonValue.Create(type)));
        }
    }

    private static void KeepApproval(ImmutableArray<JsonObject> now, ImmutableArray<JsonObject> before, List<StatusCause> causes)
    {
        foreach (var type in Final[..2])
        {
            var (present, kept) = (OfType(now, type), OfType(before, type));
            if (present.Length > kept.Length) causes.Add(FieldErrors.Forbidden("status.conditions", $"updates may not add a condition of type \"{type}\""));
            else if (present.Length == kept.Length && !present.Zip(kept).All(p => JsonNode.DeepEquals(p.First, p.Second)))
                causes.Add(FieldErrors.Forbidden("status.conditions", $"updates may not modify a condition of type \"{type}\""));
        }
    }

    private static void KeepCertificate(JsonObject csr, JsonObject old, string subresource, List<StatusCause> causes)
    {
        var (now, before) = (csr.Child("status")?.Text("certificate") ?? "", old.Child("status")?.Text("certificate") ?? "");
        if (now == before) return;
        if (subresource != "status") causes.Add(FieldErrors.Forbidden("status.certificate", "updates may not set certificate content"));
        else if (before.Length > 0) causes.Add(FieldErrors.Forbidden("status.certificate", "updates may not modify existing certificate content"));
    }
}
