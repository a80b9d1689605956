using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>Webhook configurations of admissionregistration.k8s.io, their expressions apart (<c>pkg/apis/admissionregistration/validation</c>).</summary>
internal static class WebhookRules
{
    private const string UrlForm = "; desired format: https://host[/path]";

    private static readonly string[] Versions = ["v1", "v1beta1"];

    public static void Validating(JsonObject obj, JsonObject? old, List<StatusCause> causes) => Webhooks(obj, mutating: false, causes);

    public static void Mutating(JsonObject obj, JsonObject? old, List<StatusCause> causes) => Webhooks(obj, mutating: true, causes);

    /// <summary>Which requests a webhook or a policy is about.</summary>
    internal static void RequestRule(JsonObject rule, string path, List<StatusCause> causes)
    {
        var operations = rule.Texts("operations");
        if (operations.Count == 0)
            causes.Add(FieldErrors.Required($"{path}.operations"));
        NoOthers(rule, "operations", path, "operations", causes);
        for (var i = 0; i < operations.Count; i++)
            causes.OneOf($"{path}.operations[{i}]", operations[i], "*", "CONNECT", "CREATE", "DELETE", "UPDATE");
        foreach (var (field, what) in (ReadOnlySpan<(string, string)>)[("apiGroups", "API groups"), ("apiVersions", "API versions")])
        {
            if (rule[field] is not JsonArray { Count: > 0 })
                causes.Add(FieldErrors.Required($"{path}.{field}"));
            NoOthers(rule, field, path, what, causes);
        }
        var versions = rule.Texts("apiVersions");
        for (var i = 0; i < versions.Count; i++)
        {
            if (versions[i].Length == 0)
                causes.Add(FieldErrors.Required($"{path}.apiVersions[{i}]"));
        }
        Resources(rule, $"{path}.resources", causes);
        if (rule["scope"] is not null)
            causes.OneOf($"{path}.scope", rule.Text("scope"), "*", "Cluster", "Namespaced");
    }

    private static void Webhooks(JsonObject obj, bool mutating, List<StatusCause> causes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (webhook, at) in obj.Items("webhooks", "webhooks"))
        {
            Webhook(webhook, at, mutating, causes);
            ReviewVersions(webhook, $"{at}.admissionReviewVersions", causes);
            if (webhook.Text("name") is { Length: > 0 } name && !names.Add(name))
                causes.Add(FieldErrors.Duplicate($"{at}.name", name));
        }
    }

    private static void Webhook(JsonObject webhook, string path, bool mutating, List<StatusCause> causes)
    {
        FullName(webhook.Text("name"), $"{path}.name", causes);
        foreach (var (rule, at) in webhook.Items("rules", $"{path}.rules"))
            RequestRule(rule, at, causes);
        causes.OneOf($"{path}.failurePolicy", webhook.Text("failurePolicy"), "Fail", "Ignore");
        causes.OneOf($"{path}.matchPolicy", webhook.Text("matchPolicy"), "Equivalent", "Exact");
        if (webhook["sideEffects"] is null)
            causes.Add(FieldErrors.Required($"{path}.sideEffects", "must specify one of None, NoneOnDryRun"));
        else
            causes.OneOf($"{path}.sideEffects", webhook.Text("sideEffects"), "None", "NoneOnDryRun");
        if (webhook["timeoutSeconds"].Whole() is < 1 or > 30)
            causes.Add(FieldErrors.Invalid($"{path}.timeoutSeconds", webhook["timeoutSeconds"], "the timeout value must be between 1 and 30 seconds"));
        causes.LabelSelector(webhook.Child("namespaceSelector"), $"{path}.namespaceSelector");
        causes.LabelSelector(webhook.Child("objectSelector"), $"{path}.objectSelector");
        if (mutating)
            causes.OneOf($"{path}.reinvocationPolicy", webhook.Text("reinvocationPolicy"), "IfNeeded", "Never");
        var client = webhook.Child("clientConfig") ?? [];
        switch (client["url"], client.Child("service"))
        {
            case (not null, null):
                Url(client.Text("url"), $"{path}.clientConfig.url", causes);
                break;
            case (null, { } service):
                Service(service, $"{path}.clientConfig.service", causes);
                break;
            default:
                causes.Add(FieldErrors.Required($"{path}.clientConfig", "exactly one of url or service is required"));
                break;
        }
    }

    private static void FullName(string name, string path, List<StatusCause> causes)
    {
        causes.RequiredForm(path, name, Names.DnsSubdomain);
        if (name.Length > 0 && Names.DnsSubdomain(name) is null && name.Count(static c => c == '.') < 2)
            causes.Add(FieldErrors.Invalid(path, name, "should be a domain with at least three segments separated by dots"));
    }

    private static void ReviewVersions(JsonObject webhook, string path, List<StatusCause> causes)
    {
        var versions = webhook.Texts("admissionReviewVersions");
        if (versions.Count == 0)
        {
            causes.Add(FieldErrors.Required(path, "must specify one of v1, v1beta1"));
            return;
        }
        for (var i = 0; i < versions.Count; i++)
        {
            if (versions.IndexOf(versions[i]) < i)
                causes.Add(FieldErrors.Invalid($"{path}[{i}]", versions[i], "duplicate version"));
            else
                causes.Form($"{path}[{i}]", versions[i], Names.Dns1035Label);
        }
        if (!versions.Intersect(Versions).Any())
            causes.Add(FieldErrors.Invalid(path, webhook["admissionReviewVersions"], "must include at least one of v1, v1beta1"));
    }

    private static void Url(string text, string path, List<StatusCause> causes)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
        {
            // Without a scheme or a host, as far as Go's parser is concerned.
            causes.Add(FieldErrors.Invalid(path, "", $"'https' is the only allowed URL scheme{UrlForm}"));
            causes.Add(FieldErrors.Invalid(path, "", $"host must be specified{UrlForm}"));
            return;
        }
        if (url.Scheme != "https")
            causes.Add(FieldErrors.Invalid(path, url.Scheme, $"'https' is the only allowed URL scheme{UrlForm}"));
        if (url.Host.Length == 0)
            causes.Add(FieldErrors.Invalid(path, "", $"host must be specified{UrlForm}"));
        if (url.UserInfo.Length > 0)
            causes.Add(FieldErrors.Invalid(path, url.UserInfo, "user information is not permitted in the URL"));
        if (url.Fragment.Length > 1)
            causes.Add(FieldErrors.Invalid(path, url.Fragment[1..], "fragments are not permitted in the URL"));
        if (url.Query.Length > 1)
            causes.Add(FieldErrors.Invalid(path, url.Query[1..], "query parameters are not permitted in the URL"));
    }

    private static void Service(JsonObject service, string path, List<StatusCause> causes)
    {
        foreach (var field in (ReadOnlySpan<string>)["name", "namespace"])
        {
            if (service.Text(field).Length == 0)
                causes.Add(FieldErrors.Required($"{path}.{field}"));
        }
        if (NameForms.PortNumber(service["port"].Whole()) is { } wrong)
            causes.Add(FieldErrors.Invalid($"{path}.port", service["port"], $"port is not valid: {wrong}"));
        if (service.Text("path") is { Length: > 0 } place and not "/")
            ServicePath(place, $"{path}.path", causes);
    }

    private static void ServicePath(string place, string path, List<StatusCause> causes)
    {
        if (place == "//")
        {
            causes.Add(FieldErrors.Invalid(path, place, "segment[0] may not be empty"));
            return;
        }
        if (place[0] != '/')
            causes.Add(FieldErrors.Invalid(path, place, "must start with a '/'"));
        var rest = place[1..];
        var steps = (rest.EndsWith('/') ? rest[..^1] : rest).Split('/');
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].Length == 0)
                causes.Add(FieldErrors.Invalid(path, place, $"segment[{i}] may not be empty"));
            else if (Names.DnsSubdomain(steps[i]) is { } wrong)
                causes.Add(FieldErrors.Invalid(path, place, $"segment[{i}]: {wrong}"));
        }
    }

    private static void Resources(JsonObject rule, string path, List<StatusCause> causes)
    {
        var resources = rule.Texts("resources");
        if (resources.Count == 0)
            causes.Add(FieldErrors.Required(path));
        var (wholeResources, wholeSubresources) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var plain = false;
        for (var i = 0; i < resources.Count; i++)
        {
            var at = $"{path}[{i}]";
            if (resources[i].Length == 0)
            {
                causes.Add(FieldErrors.Required(at));
                continue;
            }
            var slash = resources[i].IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                plain = resources[i] != "*"; // the last one counts, as upstream has it
                continue;
            }
            var (resource, subresource) = (resources[i][..slash], resources[i][(slash + 1)..]);
            if (wholeResources.Contains(resource))
                causes.Add(FieldErrors.Invalid(at, resources[i], $"if '{resource}/*' is present, must not specify {resources[i]}"));
            if (wholeSubresources.Contains(subresource))
                causes.Add(FieldErrors.Invalid(at, resources[i], $"if '*/{subresource}' is present, must not specify {resources[i]}"));
            if (subresource == "*")
                wholeResources.Add(resource);
            if (resource == "*")
                wholeSubresources.Add(subresource);
        }
        if (resources.Count > 1 && resources.Contains("*/*"))
            causes.Add(FieldErrors.Invalid(path, rule["resources"], "if '*/*' is present, must not specify other resources"));
        if (resources.Contains("*") && plain)
            causes.Add(FieldErrors.Invalid(path, rule["resources"], "if '*' is present, must not specify other resources without subresources"));
    }

    private static void NoOthers(JsonObject rule, string field, string path, string what, List<StatusCause> causes)
    {
        var texts = rule.Texts(field);
        if (texts.Count > 1 && texts.Contains("*"))
            causes.Add(FieldErrors.Invalid($"{path}.{field}", rule[field], $"if '*' is present, must not specify other {what}"));
    }
}
