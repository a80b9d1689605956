using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>apiregistration.k8s.io (kube-aggregator, <c>pkg/apis/apiregistration/validation</c>).</summary>
internal static class ApiServiceRules
{
    public static void Check(FieldScope obj, JsonObject? old)
    {
        var spec = obj.Part("spec");
        var (group, version) = (spec.Text("group"), spec.Text("version"));
        var (name, wanted) = (obj.Part("metadata").Text("name"), $"{version}.{group}");
        if (old is null && name.Length > 0 && Names.PathSegment(name) is null && name != wanted)
            obj.Invalid("metadata.name", name, $"must be `spec.version+\".\"+spec.group`: \"{wanted}\"");
        if (group.Length == 0 && version != "v1")
            spec.Required("group", "only v1 may have an empty group and it better be legacy kube");
        spec.OptionalName("group", Names.DnsSubdomain);
        spec.Name("version", Names.Dns1035Label);
        CheckPriority(spec, "groupPriorityMinimum", 20000);
        CheckPriority(spec, "versionPriority", 1000);
        var (insecure, bundle) = (spec.IsTrue("insecureSkipTLSVerify"), spec.Text("caBundle"));
        if (spec.Child("service") is not { } service)
        {
            if (bundle.Length > 0)
                spec.Invalid("caBundle", $"{Base64Size(bundle)} bytes", "local APIServices may not have a caBundle");
            if (insecure)
                spec.Invalid("insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify");
            return;
        }
        foreach (var field in (ReadOnlySpan<string>)["namespace", "name"])
        {
            if (service.Text(field).Length == 0)
                service.Required(field);
        }
        if (NameForms.PortNumber(service.Whole("port")) is { } wrong)
            service.Invalid("port", $"port is not valid: {wrong}");
        if (insecure && bundle.Length > 0)
            spec.Invalid("insecureSkipTLSVerify", true, "may not be true if caBundle is present");
    }

    private static void CheckPriority(FieldScope spec, string field, long most)
    {
        if (spec.Whole(field) is var priority && (priority <= 0 || priority > most))
            spec.Invalid(field, priority, $"must be positive and less than {most}");
    }

    private static int Base64Size(string text) => (text.Length / 4 * 3) - text.Count(static c => c == '=');
}
