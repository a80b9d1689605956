using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>Validating admission policies and their bindings, the expressions apart: these are not compiled (<c>pkg/apis/admissionregistration/validation</c>).</summary>
internal static class AdmissionPolicyRules
{
    public static void ValidatingPolicy(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        causes.OneOf("spec.failurePolicy", spec.Text("failurePolicy"), "Fail", "Ignore");
        if (spec.Child("paramKind") is { } kind)
        {
            foreach (var field in (ReadOnlySpan<string>)["apiVersion", "kind"])
            {
                if (kind.Text(field).Length == 0)
                    causes.Add(FieldErrors.Required($"spec.paramKind.{field}"));
            }
        }
        Match(spec, "matchConstraints", required: true, causes);
        if (spec["validations"] is not JsonArray { Count: > 0 } && spec["auditAnnotations"] is not JsonArray { Count: > 0 })
        {
            foreach (var field in (ReadOnlySpan<string>)["validations", "auditAnnotations"])
                causes.Add(FieldErrors.Required($"spec.{field}", "validations or auditAnnotations must contain at least one item"));
        }
        foreach (var (validation, at) in spec.Items("validations", "spec.validations"))
        {
            if (validation.Text("expression").Trim().Length == 0)
                causes.Add(FieldErrors.Required($"{at}.expression", "expression is not specified"));
            if (validation["reason"] is not null)
                causes.OneOf($"{at}.reason", validation.Text("reason"), "Forbidden", "Invalid", "RequestEntityTooLarge");
        }
    }

    public static void ValidatingBinding(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        causes.RequiredForm("spec.policyName", spec.Text("policyName"), Names.DnsSubdomain);
        if (spec.Child("paramRef") is { } reference)
            ParamRef(reference, causes);
        Match(spec, "matchResources", required: false, causes);
        var actions = spec.Texts("validationActions");
        if (actions.Count == 0)
            causes.Add(FieldErrors.Required("spec.validationActions", "at least one validation action is required"));
        for (var i = 0; i < actions.Count; i++)
        {
            causes.OneOf($"spec.validationActions[{i}]", actions[i], "Audit", "Deny", "Warn");
            if (actions.IndexOf(actions[i]) < i)
                causes.Add(FieldErrors.Duplicate($"spec.validationActions[{i}]", actions[i]));
        }
        if (actions.Contains("Deny") && actions.Contains("Warn"))
        {
            causes.Add(FieldErrors.Invalid(
                "spec.validationActions", spec["validationActions"],
                "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"));
        }
    }

    private static void ParamRef(JsonObject reference, List<StatusCause> causes)
    {
        const string path = "spec.paramRef";
        var (name, selector) = (reference.Text("name"), reference.Child("selector"));
        if (name.Length > 0)
            causes.Form($"{path}.name", name, Names.PathSegment);
        if (name.Length > 0 && selector is not null)
        {
            foreach (var field in (ReadOnlySpan<string>)["name", "selector"])
                causes.Add(FieldErrors.Forbidden($"{path}.{field}", "name and selector are mutually exclusive"));
        }
        causes.LabelSelector(selector, $"{path}.selector");
        if (name.Length == 0 && selector is null)
            causes.Add(FieldErrors.Required(path, "one of name or selector must be specified"));
        if (reference["parameterNotFoundAction"] is null)
            causes.Add(FieldErrors.Required($"{path}.parameterNotFoundAction"));
        else
            causes.OneOf($"{path}.parameterNotFoundAction", reference.Text("parameterNotFoundAction"), "Deny", "Allow");
    }

    private static void Match(JsonObject spec, string field, bool required, List<StatusCause> causes)
    {
        var path = $"spec.{field}";
        if (spec.Child(field) is not { } match)
        {
            if (required)
                causes.Add(FieldErrors.Required(path));
            return;
        }
        causes.OneOf($"{path}.matchPolicy", match.Text("matchPolicy"), "Equivalent", "Exact");
        causes.LabelSelector(match.Child("namespaceSelector"), $"{path}.namespaceSelector");
        causes.LabelSelector(match.Child("objectSelector"), $"{path}.objectSelector");
        foreach (var list in (ReadOnlySpan<string>)["resourceRules", "excludeResourceRules"])
        {
            foreach (var (rule, at) in match.Items(list, $"{path}.{list}"))
                WebhookRules.RequestRule(rule, at, causes);
        }
        if (required && match["resourceRules"] is not JsonArray { Count: > 0 })
            causes.Add(FieldErrors.Required($"{path}.resourceRules"));
    }
}
