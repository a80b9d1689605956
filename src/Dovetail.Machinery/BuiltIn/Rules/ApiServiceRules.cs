using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>apiregistration.k8s.io (kube-aggregator, <c>pkg/apis/apiregistration/validation</c>).</summary>
internal static class ApiServiceRules
{
    public static void ApiService(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        var (group, version) = (spec.Text("group"), spec.Text("version"));
        var (name, wanted) = (obj.Child("metadata")?.Text("name") ?? "", $"{version}.{group}");
        if (old is null && name.Length > 0 && Names.PathSegment(name) is null && name != wanted)
            causes.Add(FieldErrors.Invalid("metadata.name", name, $"must be `spec.version+\".\"+spec.group`: \"{wanted}\""));
        if (group.Length == 0 && version != "v1")
            causes.Add(FieldErrors.Required("spec.group", "only v1 may have an empty group and it better be legacy kube"));
        if (group.Length > 0)
            causes.Form("spec.group", group, Names.DnsSubdomain);
        causes.Form("spec.version", version, Names.Dns1035Label);
        Priority(spec, "groupPriorityMinimum", 20000, causes);
        Priority(spec, "versionPriority", 1000, causes);
        var (insecure, bundle) = (spec.IsTrue("insecureSkipTLSVerify"), spec.Text("caBundle"));
        if (spec.Child("service") is not { } service)
        {
            if (bundle.Length > 0)
                causes.Add(FieldErrors.Invalid("spec.caBundle", $"{Base64Size(bundle)} bytes", "local APIServices may not have a caBundle"));
            if (insecure)
                causes.Add(FieldErrors.Invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify"));
            return;
        }
        foreach (var field in (ReadOnlySpan<string>)["namespace", "name"])
        {
            if (service.Text(field).Length == 0)
                causes.Add(FieldErrors.Required($"spec.service.{field}"));
        }
        if (NameForms.PortNumber(service["port"].Whole()) is { } wrong)
            causes.Add(FieldErrors.Invalid("spec.service.port", service["port"], $"port is not valid: {wrong}"));
        if (insecure && bundle.Length > 0)
            causes.Add(FieldErrors.Invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"));
    }

    private static void Priority(JsonObject spec, string field, long most, List<StatusCause> causes)
    {
        if (spec[field].Whole() is var priority && (priority <= 0 || priority > most))
            causes.Add(FieldErrors.Invalid($"spec.{field}", priority, $"must be positive and less than {most}"));
    }

    private static int Base64Size(string text) => (text.Length / 4 * 3) - text.Count(static c => c == '=');
}
