using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Admission policies and their bindings, the expressions apart: these are not compiled (<c>pkg/apis/admissionregistration/validation</c>).</summary>
internal static class AdmissionPolicyRules
{
    public static void CheckValidating(FieldScope policy, JsonObject? old)
    {
        var spec = policy.Part("spec");
        spec.OneOf("failurePolicy", "Fail", "Ignore");
        CheckParamKind(spec);
        CheckMatch(spec, "matchConstraints", required: true);
        if (spec.Count("validations") == 0 && spec.Count("auditAnnotations") == 0)
        {
            foreach (var field in (ReadOnlySpan<string>)["validations", "auditAnnotations"])
                spec.Required(field, "validations or auditAnnotations must contain at least one item");
        }
        foreach (var validation in spec.Each("validations"))
        {
            if (validation.Text("expression").Trim().Length == 0)
                validation.Required("expression", "expression is not specified");
            if (validation.Has("reason"))
                validation.OneOf("reason", "Forbidden", "Invalid", "RequestEntityTooLarge");
        }
    }

    public static void CheckValidatingBinding(FieldScope binding, JsonObject? old)
    {
        var spec = binding.Part("spec");
        CheckBinding(spec);
        var actions = spec.Values("validationActions");
        if (actions.Count == 0)
            spec.Required("validationActions", "at least one validation action is required");
        for (var i = 0; i < actions.Count; i++)
        {
            var at = $"validationActions[{i}]";
            if (actions[i] is not ("Audit" or "Deny" or "Warn"))
                spec.NotSupported(at, actions[i], "Audit", "Deny", "Warn");
            if (actions.IndexOf(actions[i]) < i)
                spec.Duplicate(at, actions[i]);
        }
        if (actions.Contains("Deny") && actions.Contains("Warn"))
            spec.Invalid("validationActions", "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)");
    }

    private static void CheckParamKind(FieldScope spec)
    {
        if (spec.Child("paramKind") is not { } kind)
            return;
        foreach (var field in (ReadOnlySpan<string>)["apiVersion", "kind"])
        {
            if (kind.Text(field).Length == 0)
                kind.Required(field);
        }
    }

    private static void CheckBinding(FieldScope spec)
    {
        spec.RequiredName("policyName", Names.DnsSubdomain);
        if (spec.Child("paramRef") is { } reference)
            CheckParamRef(reference);
        CheckMatch(spec, "matchResources", required: false);
    }

    private static void CheckParamRef(FieldScope reference)
    {
        var (named, selects) = (reference.Text("name").Length > 0, reference.Child("selector") is not null);
        reference.OptionalName("name", Names.PathSegment);
        if (named && selects)
        {
            foreach (var field in (ReadOnlySpan<string>)["name", "selector"])
                reference.Forbidden(field, "name and selector are mutually exclusive");
        }
        reference.Selector("selector");
        if (!named && !selects)
            reference.Required("", "one of name or selector must be specified");
        if (reference.Has("parameterNotFoundAction"))
            reference.OneOf("parameterNotFoundAction", "Deny", "Allow");
        else
            reference.Required("parameterNotFoundAction");
    }

    private static void CheckMatch(FieldScope spec, string field, bool required)
    {
        if (spec.Child(field) is not { } match)
        {
            if (required)
                spec.Required(field);
            return;
        }
        match.OneOf("matchPolicy", "Equivalent", "Exact");
        match.Selector("namespaceSelector");
        match.Selector("objectSelector");
        foreach (var list in (ReadOnlySpan<string>)["resourceRules", "excludeResourceRules"])
        {
            foreach (var rule in match.Each(list))
                WebhookRules.CheckRequests(rule);
        }
        if (required && match.Count("resourceRules") == 0)
            match.Required("resourceRules");
    }
}
