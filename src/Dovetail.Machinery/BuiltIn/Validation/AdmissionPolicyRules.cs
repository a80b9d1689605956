using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Admission policies and their bindings, the expressions apart: these are not compiled (<c>pkg/apis/admissionregistration/validation</c>).</summary>
internal static class AdmissionPolicyRules
{
    private const int MaxAuditAnnotations = 20;
    private const int MaxAuditExpression = 5 * 1024;

    public static void CheckValidating(FieldScope policy, JsonObject? old)
    {
        var spec = policy.Part("spec");
        CheckShared(spec);
        MatchConditionRules.Check(spec);
        CheckVariables(spec);
        if (spec.Count("validations") == 0 && spec.Count("auditAnnotations") == 0)
        {
            foreach (var field in (ReadOnlySpan<string>)["validations", "auditAnnotations"])
                spec.Required(field, "validations or auditAnnotations must contain at least one item");
            return;
        }
        foreach (var validation in spec.Each("validations"))
        {
            if (validation.Text("expression").Trim().Length == 0)
                validation.Required("expression", "expression is not specified");
            CheckNotBlank(validation, "messageExpression");
            if (!CheckNotBlank(validation, "message") && validation.Text("message").Trim().AsSpan().ContainsAny('\r', '\n'))
                validation.Invalid("message", "must not contain line breaks");
            if (validation.Has("reason"))
                validation.OneOf("reason", "Forbidden", "Invalid", "RequestEntityTooLarge");
        }
        CheckAuditAnnotations(policy.Part("metadata").Text("name"), spec);
    }

    public static void CheckMutating(FieldScope policy, JsonObject? old)
    {
        var spec = policy.Part("spec");
        CheckShared(spec);
        CheckMutatingOperations(spec, "matchConstraints");
        MatchConditionRules.Check(spec);
        CheckVariables(spec);
        if (spec.Count("mutations") == 0)
            spec.Required("mutations", "mutations must contain at least one item");
        foreach (var mutation in spec.Each("mutations"))
            CheckMutation(mutation);
        spec.RequiredOneOf("reinvocationPolicy", "IfNeeded", "Never");
    }

    public static void CheckMutatingBinding(FieldScope binding, JsonObject? old)
    {
        var spec = binding.Part("spec");
        CheckBinding(spec);
        CheckMutatingOperations(spec, "matchResources");
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

    private static void CheckShared(FieldScope spec)
    {
        spec.OneOf("failurePolicy", "Fail", "Ignore");
        CheckParamKind(spec);
        CheckMatch(spec, "matchConstraints", required: true);
    }

    private static void CheckParamKind(FieldScope spec)
    {
        if (spec.Child("paramKind") is not { } kind)
            return;
        var version = kind.Text("apiVersion").Split('/');
        if (version is [""])
            kind.Required("apiVersion");
        else if (version.Length > 2)
            kind.Invalid("apiVersion", $"unexpected GroupVersion string: {kind.Text("apiVersion")}");
        else
        {
            if (version is [{ Length: > 0 } group, _] && Names.DnsSubdomain(group) is { } wrongGroup)
                kind.Invalid("apiVersion", group, wrongGroup);
            if (version[^1].Length == 0)
                kind.Invalid("apiVersion", "version must be specified");
            else if (Names.Dns1035Label(version[^1]) is { } wrongVersion)
                kind.Invalid("apiVersion", version[^1], wrongVersion);
        }
        if (kind.Text("kind").Length == 0)
            kind.Required("kind");
        else if (Names.Dns1035Label(kind.Text("kind").ToLowerInvariant()) is { } wrongKind)
            kind.Invalid("kind", $"may have mixed case, but should otherwise match: {wrongKind}");
    }

    private static void CheckVariables(FieldScope spec)
    {
        foreach (var variable in spec.Each("variables"))
        {
            if (variable.Text("name").Trim().Length == 0)
                variable.Required("name", "name is not specified");
            else
                variable.Name("name", NameForms.CelIdentifier);
            if (variable.Text("expression").Trim().Length == 0)
                variable.Required("expression", "expression is not specified");
        }
    }

    private static void CheckAuditAnnotations(string policy, FieldScope spec)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        if (spec.Count("auditAnnotations") > MaxAuditAnnotations)
            spec.Invalid("auditAnnotations", $"must not have more than {MaxAuditAnnotations} auditAnnotations");
        foreach (var annotation in spec.Each("auditAnnotations"))
        {
            var key = annotation.Text("key");
            foreach (var wrong in Names.QualifiedName($"{policy}/{key}"))
                annotation.Invalid("key", $"{policy}/{key}", wrong);
            var expression = annotation.Text("valueExpression");
            if (expression.Trim().Length == 0)
                annotation.Required("valueExpression", "valueExpression is not specified");
            else if (expression.Trim().Length > MaxAuditExpression)
                annotation.Required("valueExpression", $"must not exceed {MaxAuditExpression} bytes in length");
            if (!keys.Add(key))
                annotation.Duplicate("key", key);
        }
    }

    /// <summary>Whether a text is there and says nothing.</summary>
    private static bool CheckNotBlank(FieldScope validation, string field)
    {
        var blank = validation.Text(field).Length > 0 && validation.Text(field).Trim().Length == 0;
        if (blank)
            validation.Invalid(field, "must be non-empty if specified");
        return blank;
    }

    /// <summary>What is deleted cannot be changed.</summary>
    private static void CheckMutatingOperations(FieldScope spec, string field)
    {
        foreach (var operation in spec.Part(field).Each("resourceRules").SelectMany(static rule => rule.Values("operations")))
        {
            if (operation is not ("*" or "CONNECT" or "CREATE" or "UPDATE"))
                spec.NotSupported($"{field}.resourceRules.operations", operation, "*", "CONNECT", "CREATE", "UPDATE");
        }
    }

    private static void CheckMutation(FieldScope mutation)
    {
        var type = mutation.Text("patchType");
        if (type is not ("ApplyConfiguration" or "JSONPatch"))
        {
            mutation.RequiredOneOf("patchType", "ApplyConfiguration", "JSONPatch");
            return;
        }
        var (own, other) = type == "JSONPatch" ? ("jsonPatch", "applyConfiguration") : ("applyConfiguration", "jsonPatch");
        if (mutation.Child(own) is not { } patch)
            mutation.Required(own, $"must be specified when patchType is {type}");
        else if (patch.Text("expression").Trim().Length == 0)
            patch.Required("expression");
        if (mutation.Has(other))
            mutation.Invalid(other, $"{{{other}}}", $"must not be specified when patchType is {type}");
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
            reference.Forbidden("name", "name and selector are mutually exclusive");
        reference.Selector("selector");
        if (named && selects)
            reference.Forbidden("selector", "name and selector are mutually exclusive");
        if (!named && !selects)
            reference.Required("", "one of name or selector must be specified");
        reference.RequiredOneOf("parameterNotFoundAction", "Deny", "Allow");
    }

    private static void CheckNames(FieldScope rule)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, path) in rule.Texts("resourceNames"))
        {
            if (Names.PathSegment(name) is { } wrong)
                rule.Causes.Add(FieldErrors.Invalid(path, name, wrong));
            if (!names.Add(name))
                rule.Causes.Add(FieldErrors.Duplicate(path, name));
        }
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
            {
                CheckNames(rule);
                WebhookRules.CheckRequests(rule);
            }
        }
        if (required && match.Count("resourceRules") == 0)
            match.Required("resourceRules");
    }
}
